cat > e.exp <<'E'
set timeout 30
log_user 0
spawn bash --norc --noprofile
expect -re {\$ $}
send "PS1='READY> '\r"
expect "READY> "
send "sleep 100\r"
sleep 0.5
send "\032"
expect "Stopped"
puts stopped
expect "READY> "
send "kill -KILL %1; sleep 2; jobs; echo status=\$?\r"
expect -re {status=(\d+)}
puts $expect_out(1,string)
expect "READY> "
send "cat\r"
send "line\r"
expect "line\r\nline"
puts echoed
send "\004"
expect "READY> "
send "sleep 100\r"
sleep 0.3
send "\003"
expect "READY> "
send "echo int=\$?\r"
expect -re {int=(\d+)}
puts $expect_out(1,string)
send "stty size; exit 9\r"
expect eof
puts [lindex [wait] 3]
E
expect e.exp; script -qec 'tty > /dev/null && echo on a terminal; exit 5' /dev/null < /dev/null; echo $?
