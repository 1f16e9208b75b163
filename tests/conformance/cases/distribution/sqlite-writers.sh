sqlite3 db 'pragma journal_mode; create table t(who integer, n integer); create index i on t(n);'
write() { for n in $(seq 8); do sqlite3 -cmd '.timeout 60000' db "begin immediate; insert into t values($1, $n); insert into t select $1, count(*) + 1000 from t; commit;" || echo "failed $1 $n"; done; }
for who in 1 2 3 4; do write $who & done; wait
sqlite3 db 'select count(*), count(distinct n) from t where n > 999; select who, count(*) from t group by who; pragma integrity_check;'
sqlite3 db 'pragma journal_mode=wal;' 'insert into t values(9, 9);'
(printf '%s\n' 'begin immediate; insert into t values(5, 5);' '.shell touch held'; until test -e tried; do sleep .1; done; echo 'rollback;') | sqlite3 db &
until test -e held; do sleep .1; done
sqlite3 db 'select count(*) from t where who = 5;'; sqlite3 db 'insert into t values(6, 6);' 2>&1 | sed 's/([0-9]*)//'; touch tried; wait; rm held tried
sqlite3 -csv -header db 'select who, sum(n) from t where who < 6 and n < 100 group by who order by 2 desc, 1;'; sqlite3 db .dump | tail -n 2; ls; rm -f db*
