mkdir -p t/a/b t/c; for i in 1 2 3; do seq $((i * 500)) > t/a/f$i; done; ln -s ../a/f1 t/c/link; touch -d '2001-02-03' t/c/old; chmod 1705 t/a/f2
find t -type f -size +2k -printf '%p %s %m\n' | sort
find t -newer t/c/old -type d | sort; find t -perm -1000; find t -type l -printf '%p -> %l\n'
find t -maxdepth 2 -mindepth 2 | sort; find t -name 'f*' -not -name f2 -exec wc -l {} + | sort
find t -path '*/b' -prune -o -type f -print | sort; find t -empty | sort
find -L t -samefile t/a/f1 | sort; find t -regex '.*/f[12]' -execdir echo {} \; | sort
find t -type f -delete; find t | sort; find none; echo $?
