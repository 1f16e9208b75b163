// @ts-check
import { readFileSync } from 'node:fs';
import { cases, log, poem, table } from './case.mjs';

const sqlite = cases('sqlite3', (add) => {
  const sqlite = '/usr/bin/sqlite3';
  add('memory database', [sqlite, ':memory:'], {
    stdin: `create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) insert into t select i, 'row ' || (i % 10), i / 7.0 from n;
select b, count(*), printf('%.4f', avg(c)), max(a) from t group by b having count(*) > 50 order by b desc limit 4;
select upper(substr(b, 1, 3)), hex(b), typeof(c), abs(-a), round(c, 2), coalesce(null, 'x') from t where a in (1, 500) or b like '%9' and a < 20;
.mode box
select a, b, row_number() over (partition by b order by c desc) as r from t where a < 25 order by r, b limit 6;
.mode json
select * from t limit 2;
select json_extract('{"a":[1,{"b":"deep"}]}', '$.a[1].b') as deep, sqrt(2) as root;
explain query plan select * from t where c > 3 order by b;`,
  });
  add('file database', [sqlite, 'test.db'], {
    stdin: `pragma journal_mode; create table if not exists u(k text unique, v blob);
begin; insert into u values ('one', x'010203'), ('two', zeroblob(5000)); savepoint s; insert into u values ('three', 3); rollback to s; commit;
insert into u values ('one', 1);
create index i on u(v); create view w as select k, length(v) as n from u; select * from w order by k;
create trigger g after insert on u begin update u set v = 'seen' where k = new.k; end; insert into u values ('four', 4); select * from u where k = 'four';
pragma integrity_check; delete from u where k = 'two'; vacuum; select count(*), sum(length(v)) from u;
.tables
.schema`,
    stderr: true,
  });
  add('write-ahead log', [
    sqlite,
    'wal.db',
    'pragma journal_mode = wal; create table t(x); insert into t values (1), (2); select sum(x) from t; pragma wal_checkpoint;',
  ]);
  const csv = [
    '.mode csv',
    '.import table people',
    '.mode column',
    'select city, avg(age) from people group by 1 order by 2',
    '.dump',
  ];
  add('csv import and dump', [sqlite, ':memory:', ...csv], { files: { table } });
  add('full-text and dates', [
    sqlite,
    ':memory:',
    `create virtual table d using fts5(body); insert into d values ('the quick brown fox'), ('lazy dogs sleep');
select rowid, highlight(d, 0, '[', ']') from d where d match 'qu* OR sleep';
select date('2024-01-31', '+1 month'), strftime('%J %W', 0, 'unixepoch'), julianday('2000-01-01');`,
  ]);
  add('error', [sqlite, '-bail', ':memory:', 'select * from missing'], { stderr: true });
});

const compression = cases('compression', (add) => {
  const files = { log: log(150_000), poem };
  // One thread: processes and threads come later.
  const zstd = ['/usr/bin/zstd', '--single-thread', '--no-asyncio', '-q'];
  const xz = ['/usr/bin/xz', '-T1'];
  add('zstd', [...zstd, 'log'], { files });
  add('zstd -19', [...zstd, '-19', '-c', 'poem'], { files });
  add('zstd, from stdin', [...zstd, '-c'], { stdin: poem.repeat(20) });
  add('zstd --ultra', [...zstd, '--ultra', '-22', 'log', '-o', 'out.zst'], { files });
  add('zstd, bad input', ['/usr/bin/zstd', '--no-asyncio', '-d', '-c', 'poem'], { files, stderr: true });
  add('xz', [...xz, '-k', 'log'], { files });
  add('xz -9e', [...xz, '-9e', '-c', 'poem'], { files });
  add('xz --format=lzma', [...xz, '--format=lzma', '-c', 'log'], { files });
  add('xz, bad input', [...xz, '-d', '-c', 'poem'], { files, stderr: true });
  add('gzip', ['/usr/bin/gzip', '-n', '-k', 'log'], { files });
  add('gzip -1', ['/usr/bin/gzip', '-1', '-n', '-c'], { stdin: poem.repeat(50) });
  add('gzip, bad input', ['/usr/bin/gzip', '-d', '-c', '-q'], { stdin: 'nonsense', stderr: true });
  add('bzip2', ['/usr/bin/bzip2', '-k', 'log'], { files });
  const plain = ['--format=ustar', '--owner=0', '--group=0', '--mtime=@0', '--mode=644'];
  add('tar', ['/usr/bin/tar', ...plain, '-cf', 'out.tar', 'log', 'poem'], { files });
});

const openssl = cases('openssl', (add) => {
  const files = { log: log(50_000), poem };
  const openssl = '/usr/bin/openssl';
  for (const name of ['md5', 'sha1', 'sha256', 'sha512', 'sha3-384', 'blake2b512', 'sm3', 'ripemd160'])
    add(`dgst -${name}`, [openssl, 'dgst', `-${name}`, 'log', 'poem'], { files });
  add('dgst -hmac', [openssl, 'dgst', '-sha256', '-hmac', 'a key', '-r', 'log'], { files });
  const secret = ['-pbkdf2', '-iter', '100', '-S', '0011223344556677', '-pass', 'pass:secret'];
  for (const name of ['aes-256-cbc', 'aes-128-ctr', 'chacha20', 'camellia-192-cbc', 'aria-128-cbc', 'des-ede3-cbc'])
    add(`enc -${name}`, [openssl, 'enc', `-${name}`, ...secret, '-in', 'poem', '-out', 'out'], { files });
  const key = ['-K', '000102030405060708090a0b0c0d0e0f', '-iv', '0'.repeat(32)];
  add('enc -a', [openssl, 'enc', '-aes-128-cbc', ...key, '-a'], { stdin: poem });
  add('enc -d', [openssl, 'enc', '-d', '-aes-128-cbc', ...key, '-a', '-nopad'], {
    stdin: 'AAECAwQFBgcICQoLDA0ODw==\n',
  });
  add('enc -d, bad input', [openssl, 'enc', '-d', '-aes-128-cbc', ...key, '-a'], { stdin: 'not a message\n' });
  add('base64', [openssl, 'base64', '-in', 'poem'], { files });
  add('prime', [openssl, 'prime', '-hex', 'FFFFFFFFFFFFFFC5', '10001', '10003']);
  add('passwd', [openssl, 'passwd', '-6', '-salt', 'saltsalt', 'secret']);
  add('asn1parse', [openssl, 'asn1parse', '-genconf', 'conf'], {
    files: { conf: 'asn1=SEQUENCE:s\n[s]\na=INTEGER:42\nb=UTF8:hospes\nc=OID:1.2.840.113549\n' },
  });
  const hkdf = ['digest:SHA256', 'key:secret', 'salt:salt', 'info:i'].flatMap((option) => ['-kdfopt', option]);
  add('kdf HKDF', [openssl, 'kdf', '-keylen', '32', ...hkdf, 'HKDF']);
  const scrypt = ['pass:p', 'salt:s', 'n:256', 'r:8', 'p:1'].flatMap((option) => ['-kdfopt', option]);
  add('kdf SCRYPT', [openssl, 'kdf', '-keylen', '16', ...scrypt, 'SCRYPT']);
  const cmac = ['-cipher', 'aes-128-cbc', '-macopt', 'hexkey:000102030405060708090a0b0c0d0e0f'];
  add('mac CMAC', [openssl, 'mac', ...cmac, '-in', 'poem', 'CMAC'], { files });
  add('list', [openssl, 'list', '-digest-commands']);
  add('unknown command', [openssl, 'nonsense'], { stderr: true });
});

const bash = cases('bash', (add) => {
  for (const name of ['arithmetic', 'expansion', 'arrays', 'conditions', 'input', 'traps'])
    add(name, ['/usr/bin/bash', 'main.sh', 'arg one', 'two'], {
      files: { 'main.sh': readFileSync(new URL(`bash/${name}.sh`, import.meta.url), 'utf8'), poem, table },
      stderr: true,
    });
  add('syntax error', ['/usr/bin/bash', '-c', 'if then'], { stderr: true });
  add('unbound variable', ['/usr/bin/bash', '-u', '-c', 'echo $nothing'], { stderr: true });
});

const tools = cases('text', (add) => {
  const files = { poem, table, log: log(60_000) };
  add('bc', ['/usr/bin/bc', '-l'], {
    stdin: `scale=60
4*a(1)
e(1)
2^500
sqrt(2)
define f(n) { if (n < 2) return 1; return n * f(n-1); }
f(60)
obase=16
255^9
`,
  });
  add('dc', ['/usr/bin/dc'], { stdin: '[la1+dsa*pla10>y]sy 0sa1 lyx 30k 2 v p 2 1000 ^ 7 % p\n' });
  const gawk = `BEGIN { PROCINFO["sorted_in"] = "@ind_str_asc" }
NR > 1 { c[$2] = $3; s += $4 }
END {
  for (k in c) printf "%s=%d ", k, c[k]
  print s / (NR - 1), strftime("%F", 0, 1), gensub(/(.)o/, "<\\\\1>", "g", "look"), length("ü"), toupper("ü"), and(12, 10), 2 ** 0.5
  n = split("c a b", a, " "); asort(a); print a[1], n, sprintf("%c%5.1f%i", 65, 2.25, 3.9)
}`;
  add('gawk', ['/usr/bin/gawk', '-F,', gawk, 'table'], { files });
  const words = `{ for (i = 1; i <= NF; i++) n[tolower($i)]++ } END { m = asorti(n, k); for (i = 1; i <= m; i++) print k[i], n[k[i]] }`;
  add('gawk, words', ['/usr/bin/gawk', words, 'poem'], { files });
  const mawk = `{ n[$2] += $4 } /exit/ { c++ } END { print n["read"], n["write"], length(n), log(10), int(-3.7), substr("hello", 2, 3), index("abc", "c"); print c }`;
  add('mawk', ['/usr/bin/mawk', mawk, 'log'], { files });
  const random = `BEGIN { srand(1); x = rand(); srand(1); print (x == rand()), sprintf("%.6f %e %s", atan2(0, -1), 12345.678, 1e6); while ((getline line < "poem") > 0) n++; print n }`;
  add('mawk, functions', ['/usr/bin/mawk', random], { files });
  const filter =
    '.a | map(select(.x > 1) | .y |= ascii_upcase) | {n: length, all: ., sum: (map(.x) | add), s: (.[0].y | test("^B")), f: (1 / 3), big: 1e1000}';
  add('jq', ['/usr/bin/jq', '-S', filter], { stdin: '{"a":[{"x":1,"y":"a"},{"x":2,"y":"b"},{"x":3.5,"y":"ü"}]}' });
  const program = `[range(10)] | (map(. * .), (reduce .[] as $i (0; . + $i)), group_by(. % 3), ([.[] | tostring] | join("-")),
    (try error("x") catch .), ([limit(3; repeat(1))]), ("a,b" | split(",")), (now | type), ([1, [2]] | flatten), ("2015-03-05T23:51:47Z" | fromdate))`;
  add('jq, programs', ['/usr/bin/jq', '-n', '-c', program]);
  add('jq, bad input', ['/usr/bin/jq', '.'], { stdin: '{"a": [1, }', stderr: true });
  add('file', ['/usr/bin/file', '-S', 'poem', 'table', 'script', 'elf', 'empty', 'png', '.'], {
    files: { poem, table, script: '#!/bin/sh\necho\n', elf: '\x7fELF\x02\x01\x01\x00', empty: '', png: '\x89PNG' },
  });
  add('grep -P', ['/usr/bin/grep', '-nP', '(?<=of )\\w+(?= and)', 'poem'], { files });
  add('grep -E', ['/usr/bin/grep', '-E', '-A1', '-B1', '--color=always', 's(ea|hoes)', 'poem'], { files });
  add('grep -c', ['/usr/bin/grep', '-c', 'file-[1-4][0-9] .*7$', 'log'], { files });
  const edit = ['-e', '/^A/{N;s/\\n/ + /}', '-e', 's/\\b(.)/\\U\\1/g;y/e/3/', '-e', '$a end'];
  add('sed', ['/usr/bin/sed', '-E', ...edit, 'poem'], { files });
  add('sed -i', ['/usr/bin/sed', '-i.bak', '-n', '2~2p;w copy', 'poem'], { files });
  add('sort -V', ['/usr/bin/sort', '--parallel=1', '-V'], { stdin: 'v1.10\nv1.9\nv1.2.3\nv1.2\n' });
  add('sort -k', ['/usr/bin/sort', '--parallel=1', '-k2,2', '-k4,4nr', '-s', 'log'], { files });
  add('diff', ['/usr/bin/diff', '-U2', '--label=a', '--label=b', 'one', 'two'], {
    files: { one: poem, two: poem.replace('shoes', 'shirts') },
  });
  add('cmp', ['/usr/bin/cmp', '-l', 'one', 'two'], { files: { one: 'abc', two: 'aXc' } });
  add('find', ['/usr/bin/find', '.', '-name', 'p*', '-printf', '%f %s %y %m\\n'], { files });
});

const coreutils = cases('coreutils', (add) => {
  const files = { poem, table, log: log(60_000), z85: 'four'.repeat(10) };
  const stdin = 'a b\na b\nb c\nc d\n';
  for (const [name, ...args] of /** @type {[string, ...string[]][]} */ ([
    ['wc', 'poem', 'log'],
    ['head', '-n', '-3', 'poem'],
    ['tail', '-n', '2', 'poem', 'table'],
    ['cut', '-d,', '-f1,3', '--output-delimiter=;', 'table'],
    ['tr', 'a-y', 'b-z'],
    ['uniq', '-D'],
    ['nl', '-ba', 'poem'],
    ['fmt', '-w', '40', 'poem'],
    ['pr', '-t', '-2', 'poem'],
    ['join', '-t,', 'table', 'table'],
    ['comm', 'poem', 'table'],
    ['paste', '-s', 'table'],
    ['tsort'],
    ['ptx', '-w', '60', 'poem'],
    ['shuf', '--random-source=log', 'poem'],
    ['b2sum', 'poem'],
    ['sha384sum', 'log'],
    ['cksum', '-a', 'sm3', 'poem'],
    ['base32', 'poem'],
    ['basenc', '--z85', 'z85'],
    ['od', '-tfD', '-N', '32', 'log'],
    ['numfmt', '--to=iec', '1048576', '12345678'],
    ['seq', '-f', '%.3f', '0', '.1', '.5'],
    ['factor', '18446744073709551557', '1000000016000000063'],
    ['expr', 'length', 'hospes'],
    ['printf', '%q %5.2f %s\\n', 'a b', '3.14159', 'x'],
    ['date', '-u', '-d', '2024-02-29 + 1 year', '+%c'],
    ['stat', '-c', '%A %s %n', 'poem'],
    ['cp', '-a', 'poem', 'copy'],
    ['csplit', '-s', 'poem', '/And/', '{1}'],
    ['dd', 'if=log', 'of=out', 'bs=1000', 'count=3', 'status=none'],
    ['truncate', '-s', '1K', 'poem'],
    ['dircolors', '-b'],
    ['test', '1', '-eq', '2'],
    ['realpath', '-m', 'a/../b'],
    ['id', '-u'],
    ['split', '-b', '20k', 'log'],
    ['tac', 'poem'],
    ['ls', '-1', '--color=never'],
    ['rm', '-v', 'poem'],
    ['cat', 'missing'],
  ]))
    add([name, ...args].join(' '), [`/usr/bin/${name}`, ...args], { files, stdin, stderr: true });
});

export default [...sqlite, ...compression, ...openssl, ...bash, ...tools, ...coreutils];
