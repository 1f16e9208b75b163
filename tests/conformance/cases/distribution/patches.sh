seq 20 > old; sed 's/^5$/five/; /^9$/d; 15a inserted' old > new
diff -u --label a --label b old new | tee p; cp old f; patch -s f < p && cmp f new && echo patched; patch -R -s f < p && cmp f old && echo back
sed -i '1,8d' f; patch f < p; echo $?; cat f.rej 2>/dev/null | head -n 3; diff -y -W 40 old new | head -n 6; cmp old new; diff3 old old new | head; sdiff -s -w 30 old new
