export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@x GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
git init -q -b main r; cd r; seq 10 > f; git add f; git commit -qm base
git checkout -q -b side; sed -i s/^3$/three/ f; git commit -qam side; git checkout -q main; sed -i s/^8$/eight/ f; git commit -qam main2
git merge -q side -m merged; cat f; git log --graph --format=%s | cat
git checkout -q -b other HEAD~1; sed -i s/^3$/III/ f; git commit -qam other; git merge main 2>&1 | tail -n 2; git diff | cat; git merge --abort; git stash list | wc -l
echo dirty >> f; git stash -q; git rebase -q main 2>/dev/null; echo "rebase $?"; git rebase --abort; git stash pop -q; git status -s; cd ..; rm -rf r
