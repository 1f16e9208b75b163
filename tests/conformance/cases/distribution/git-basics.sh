export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@x GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' GIT_CONFIG_NOSYSTEM=1
git init -q -b main r; cd r; echo one > f; git add f; git commit -qm first; git rev-parse HEAD
mkdir d; for i in $(seq 30); do seq $i > d/$i; done; git add .; git commit -qm second; echo two >> f; git status -s; git diff --stat; git commit -qam third
git log --oneline --stat | cat; git show HEAD:f; git ls-files | wc -l; git blame -s f; git cat-file -p HEAD^{tree}
cd ..; tar cf - r | wc -c | gawk '{print ($1 > 0)}'; rm -rf r
