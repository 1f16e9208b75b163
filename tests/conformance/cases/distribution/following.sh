(for i in 1 2 3; do echo line $i; sleep 0.3; done) > log & writer=$!
tail -n +1 -f --pid=$writer -s 0.1 log
(sleep 0.3; mv log log.1; echo rotated > log; sleep 1.5) & w=$!
tail -n 0 -F --pid=$w -s 0.1 log 2>/dev/null
echo end
