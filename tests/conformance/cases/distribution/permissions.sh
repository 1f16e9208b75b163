id -u; umask 022; touch f; mkdir d; stat -c %a f d; umask 077; touch g; stat -c %a g; (cd /dev/shm; touch f; chmod u+s,g+s f; stat -c %A f; rm f); chmod 1777 d; stat -c %A d
cp /bin/true t; chmod -x t; ./t 2>/dev/null; echo $?; [ -x t ] || echo not executable; [ -r f ] && [ -w f ] && echo rw; chmod 000 g; cat g && echo root reads; echo 'echo script' > s; chmod +x s; ./s; printf '#!/none\n' > b; chmod +x b; ./b 2>/dev/null; echo $?
echo > r; chmod 444 r; echo over > r; cat r; (chmod a-w .; touch x && echo made); chmod u+w .
