// @ts-check
import { cases, log, poem, table } from './case.mjs';

const numbers = '10\n9\n2\n33\n1\n33\n-5\n0\n7.5\n';
const files = { poem, table, numbers, log: log(40_000) };

/** The statically linked busybox of Debian: applets that need no child process. */
export default cases('busybox', (add) => {
  /** @param {string} applet @param {string[]} args @param {Partial<import('./case.mjs').Case>} [more] */
  const applet = (applet, args, more = {}) => {
    const words = [applet, ...args].join(' ').replaceAll('\n', ' ');
    add(words.length > 60 ? `${words.slice(0, 57)}...` : words, ['/usr/bin/busybox', applet, ...args], {
      files,
      ...more,
    });
  };
  const stdin = poem;

  for (const name of ['md5sum', 'sha1sum', 'sha256sum', 'sha512sum', 'sha3sum', 'crc32']) applet(name, ['poem', 'log']);
  applet('sha256sum', ['-c'], {
    stdin: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n',
    files: { empty: '' },
  });
  applet('sha256sum', ['missing'], { stderr: true });

  applet('gzip', ['-c', 'log']);
  applet('gzip', ['-9', 'log']);
  applet('bzip2', ['-c', 'log']);
  applet('gzip', ['-d'], { stdin: 'not compressed', stderr: true });

  applet('cat', ['-n', 'poem', 'table']);
  applet('tac', ['poem']);
  applet('rev', [], { stdin });
  applet('nl', ['poem']);
  applet('head', ['-n', '3', 'poem']);
  applet('head', ['-c', '20', 'poem', 'table']);
  applet('tail', ['-n', '+4', 'poem']);
  applet('tail', ['-c', '12'], { stdin });
  applet('wc', ['poem', 'table', 'log']);
  applet('cut', ['-d', ',', '-f', '2,4', 'table']);
  applet('cut', ['-c', '3-7'], { stdin });
  applet('paste', ['-d', ':', 'numbers', 'poem']);
  applet('tr', ['a-z', 'A-Z'], { stdin });
  applet('tr', ['-d', '[:space:]'], { stdin });
  applet('tr', ['-cs', 'A-Za-z', '\\n'], { stdin });
  applet('fold', ['-s', '-w', '13', 'poem']);
  applet('expand', ['-t', '3'], { stdin: 'a\tb\tc\n\t\td\n' });
  applet('unexpand', ['-a'], { stdin: 'a       b       c\n        d\n' });
  applet('uniq', ['-c'], { stdin: 'a\na\nb\nc\nc\nc\na\n' });

  applet('sort', ['poem']);
  applet('sort', ['-n', 'numbers']);
  applet('sort', ['-u', '-r', 'numbers']);
  applet('sort', ['-t', ',', '-k', '3,3n', 'table']);
  applet('sort', ['-k', '2,2', '-k', '1,1nr', 'log']);

  applet('grep', ['-n', 'sea', 'poem']);
  applet('grep', ['-E', '-i', '^(of|and) [a-z]+ (and|pigs)', 'poem']);
  applet('grep', ['-c', 'write', 'log']);
  applet('grep', ['-v', '-w', 'and'], { stdin });
  applet('grep', ['-o', '[0-9][0-9]*$', 'log']);
  applet('grep', ['nothing', 'poem']);
  applet('grep', ['-r', '-l', 'Walrus', '.']);
  applet('sed', ['s/the/THE/g; 2d; $a\\\nthe end', 'poem']);
  applet('sed', ['-n', '/shoes/,/sea/p', 'poem']);
  applet('sed', ['-E', 's/([a-z]+) and ([a-z]+)/\\2 and \\1/', 'poem']);
  applet('sed', ['-i', '-e', '1!G;h;$!d', 'poem']);
  applet('awk', [
    '-F,',
    'NR > 1 { sum += $4; if ($3 > max) { max = $3; who = $1 } } END { printf "%.3f %s\\n", sum / (NR - 1), who }',
    'table',
  ]);
  applet('awk', ['{ n[$2]++ } END { for (w in n) print w, n[w] }', 'log']);
  applet('awk', [
    'BEGIN { for (i = 0; i < 8; i++) printf "%d %.10g %x %s\\n", i, i ** 0.5 + i / 7, i * 37, substr("abcdefgh", i, 3) }',
  ]);
  applet('awk', ['{ gsub(/[aeiou]/, "<&>"); print length($0), toupper($1), match($0, /k/), $0 }', 'poem']);

  const tree = { 'a/b/c.txt': 'c\n', 'a/b/d.log': 'dd\n', 'a/e.txt': 'eee\n', 'f.txt': '', '.hidden': 'h' };
  applet('find', ['.', '-name', '*.txt', '-size', '-2'], { files: { one: 'x' } });
  applet('find', ['a', '-type', 'f', '-name', '*.log'], { files: tree });
  applet('ls', ['-1', '-a'], { files: tree });
  applet('ls', ['-R', '-p', 'a'], { files: tree });
  applet('ls', ['missing'], { files: tree, stderr: true });
  applet('du', ['-a', '-b', 'a/e.txt'], { files: tree });
  applet('stat', ['-c', '%n %s %F %a', 'f.txt', 'a'], { files: tree });
  applet('tar', ['-c', '-f', 'out.tar', 'a/e.txt'], { files: tree });
  applet('cp', ['-r', 'a', 'copy'], { files: tree });
  applet('mv', ['f.txt', 'a/g.txt'], { files: tree });
  applet('rm', ['-r', 'a'], { files: tree });
  applet('rm', ['missing'], { files: tree, stderr: true });
  applet('mkdir', ['-p', 'x/y/z'], { files: tree });
  applet('mkdir', ['a'], { files: tree, stderr: true });
  applet('rmdir', ['a'], { files: tree, stderr: true });
  applet('ln', ['-s', 'a/b', 'link'], { files: tree });
  applet('ln', ['f.txt', 'hard'], { files: tree });
  applet('touch', ['new', 'a/new'], { files: tree });
  applet('chmod', ['640', 'f.txt'], { files: tree });
  applet('truncate', ['-s', '10', 'a/e.txt'], { files: tree });
  applet('readlink', ['-f', 'a/../a/b'], { files: tree });
  applet('realpath', ['a/./b/../e.txt'], { files: tree });
  applet('test', ['-d', 'a/b', '-a', '!', '-e', 'zzz'], { files: tree });
  applet('cpio', ['-o', '-H', 'newc'], { stdin: 'missing\n', files: tree });
  applet('dd', ['if=poem', 'of=out', 'bs=7', 'count=3', 'skip=1']);
  applet('tee', ['copy'], { stdin });
  applet('shred', ['-n', '0', '-z', '-u', 'poem']);

  applet('diff', ['-u', 'one', 'two'], {
    files: { one: poem, two: poem.replace('shoes', 'shirts').replace(/And why.*\n/, '') },
    stderr: true,
  });
  applet('diff', ['poem', 'poem']);
  applet('cmp', ['one', 'two'], { files: { one: 'abcdef', two: 'abcXef' } });
  applet('patch', ['-p0'], {
    stdin: '--- one\n+++ one\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n',
    files: { one: 'a\nb\nc\n' },
  });
  applet('ed', ['poem'], { stdin: '2,3p\n1s/time/TIME/\nw\nq\n' });

  applet('hexdump', ['-C', 'table']);
  applet('xxd', ['poem']);
  applet('od', ['-A', 'x', '-t', 'x1', 'table']);
  applet('strings', ['-n', '6', 'table']);
  applet('base64', ['poem']);
  applet('base64', ['-d'], { stdin: 'SG9zcGVzIGlzIExhdGluLgo=\n' });
  applet('uuencode', ['poem', 'name']);
  applet('uudecode', ['-o', '-'], { stdin: 'begin 644 x\n#86)C\n`\nend\n' });
  applet('dos2unix', [], { stdin: 'a\r\nb\r\n' });
  applet('unix2dos', [], { stdin: 'a\nb\n' });

  applet('seq', ['1', '0.25', '3']);
  applet('seq', ['-w', '8', '11']);
  applet('factor', ['1', '97', '1000000007', '18446744073709551615', '600851475143']);
  applet('expr', ['(', '7', '+', '5', ')', '*', '3']);
  applet('expr', ['hospes', ':', 'h\\(.*\\)s']);
  applet('bc', ['-l'], { stdin: 'scale=30\n4*a(1)\n2^200\nsqrt(2)\nfor (i=0;i<5;i++) i^3\n' });
  applet('dc', [], { stdin: '2 100 ^ p 7 / p 10 k 2 v p' });
  applet('printf', ['%05d|%-8s|%x|%o|%e|%.3g|%c\\n', '42', 'left', '255', '8', '12345.678', '0.00012345', 'z']);
  applet('echo', ['-e', 'tab\\there\\nnext \\x41']);
  applet('basename', ['/usr/lib/libc.so', '.so']);
  applet('dirname', ['/usr/lib/libc.so']);
  applet('date', ['-u', '-d', '@86400', '+%Y-%m-%d %H:%M:%S %a %j']);
  applet('date', ['-u', '-d', '2024-02-29 12:34:56', '+%s']);
  applet('cal', ['2', '2024']);
  applet('ipcalc', ['-bnm', '192.168.17.33/20']);
  applet('ascii', []);
  applet('id', []);
  applet('whoami', []);
  applet('pwd', []);
  applet('env', []);
  applet('tty', [], { stdin: '' });
  applet('true', []);
  applet('false', []);
  applet('sleep', ['0.05']);
  applet('mkpasswd', ['-m', 'sha512', '-S', 'saltsalt', 'secret']);
  applet('unknown-applet', [], { stderr: true });
  applet('sh', [
    '-c',
    'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo $i; for w in a b c; do printf "%s-" $w; done; echo; exit 7',
  ]);
  applet('sh', [
    '-c',
    'f() { local x=$1; [ $x -le 1 ] && { r=1; return; }; f $((x-1)); r=$((r*x)); }; f 12; echo $r; case $r in 479*) echo yes;; esac; read a b < poem; echo "$b|$a"; echo out > file; trap "echo bye" EXIT; set -- x y z; shift; echo $# $*',
  ]);
});
