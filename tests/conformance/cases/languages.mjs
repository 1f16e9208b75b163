// @ts-check
import { cases, log, poem, table } from './case.mjs';

const lua = cases('lua', (add) => {
  /** @param {string} name @param {string} source @param {Partial<import('./case.mjs').Case>} [more] */
  const script = (name, source, more = {}) => {
    add(name, ['/usr/bin/lua5.4', 'main.lua'], { ...more, files: { 'main.lua': source, ...more.files } });
  };
  script(
    'strings and patterns',
    String.raw`
    print(("hello world"):rep(3, "-"):upper(), #"ünï", utf8.len("ünï"))
    for k, v in ("a=1, b=22, c=333"):gmatch("(%w+)=(%d+)") do io.write(k, ":", v * 2, ";") end
    print(("%5.2f|%-6s|%06d|%x|%q"):format(3.14159, "ab", 42, 255, "line\nbreak"))
    print(("The quick brown fox"):gsub("%w+", function(w) return w:sub(1, 1):lower() .. w:sub(2):reverse() end))
    print(string.pack("<i4>d", 7, 1.5):byte(1, -1))`,
  );
  script(
    'integers and floats',
    String.raw`
    print(7 // 2, -7 // 2, 7 % -3, 7.5 // 2, 2^53, 1e308 * 10, -(0/0) ~= 0/0)
    print(math.maxinteger + 1 == math.mininteger, 5 & 6, 5 ~ 6, ~0, 1 << 63, 3 / 2, 10 // 0.0)
    print(math.tointeger(3.0), math.type(3), math.type(3.0), 0x7fffffffffffffff, 1e15, 123456789012345678)
    for i = 1, 5 do io.write(string.format("%.14g ", math.sin(i) * math.exp(i))) end print()`,
  );
  script(
    'tables, closures, metatables',
    String.raw`
    local V = {} V.__index = V
    V.__add = function(a, b) return setmetatable({x = a.x + b.x}, V) end
    V.__tostring = function(a) return "V(" .. a.x .. ")" end
    print(tostring(setmetatable({x = 1}, V) + setmetatable({x = 2}, V)))
    local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1009 end
    table.sort(t) print(t[1], t[500], t[1000], #t, table.concat(t, ",", 1, 10))
    local function counter() local n = 0 return function() n = n + 1 return n end end
    local a, b = counter(), counter() a() a() print(a(), b(), select("#", table.unpack({1, 2, nil, 4}, 1, 4)))`,
  );
  script(
    'coroutines and errors',
    String.raw`
    local gen = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i * i) end end)
    print(gen(), gen(), gen())
    print((pcall(function() error({code = 5}) end)))
    print(select(2, pcall(function() local x = nil; return x.y end)))
    print(xpcall(function() error("oops", 0) end, function(m) return "handled " .. m end))
    goto done do print("skipped") end ::done:: print(coroutine.isyieldable())`,
  );
  script(
    'files and garbage',
    String.raw`
    local f = assert(io.open("out.txt", "w")) for i = 1, 100 do f:write(i, " ", i * i, "\n") end f:close()
    local sum = 0 for line in io.lines("out.txt") do local a, b = line:match("(%d+) (%d+)") sum = sum + a * b end print(sum)
    for line in io.lines() do io.write("[", line, "]") end
    for i = 1, 200 do local t = {} for j = 1, 200 do t[j] = {j} end end
    collectgarbage() print(collectgarbage("count") < 2000) os.exit(3)`,
    { stdin: poem },
  );
  script(
    'sieve and n-queens',
    String.raw`
    local n, s = 20000, {} local count = 0
    for i = 2, n do if not s[i] then count = count + 1 for j = i * i, n, i do s[j] = true end end end print(count)
    local function queens(n, row, cols, d1, d2) if row == n then return 1 end local c = 0
      for i = 0, n - 1 do if not cols[i] and not d1[row + i] and not d2[row - i] then
        cols[i], d1[row + i], d2[row - i] = true, true, true
        c = c + queens(n, row + 1, cols, d1, d2)
        cols[i], d1[row + i], d2[row - i] = nil, nil, nil end end return c end
    print(queens(6, 0, {}, {}, {}))`,
  );
  script('uncaught error', 'error("this ends the program")', { stderr: true });
});

const python = cases('python', (add) => {
  /** @param {string} name @param {string} source @param {Partial<import('./case.mjs').Case>} [more] */
  const script = (name, source, more = {}) => {
    add(name, ['/usr/bin/python3', 'main.py'], { ...more, files: { 'main.py': source, ...more.files } });
  };
  script(
    'json',
    String.raw`
import json
data = {"a": [1, 2.5, None, True, "ü\u2028\n"], "b": {"nested": {"x": 1e300, "y": -0.0}}, "big": 2**70}
text = json.dumps(data, indent=1, sort_keys=True)
print(text)
print(json.loads(text) == data, json.dumps("日本", ensure_ascii=False), json.loads('[1e5, 1E-7, -12]'))
try: json.loads('{"a": }')
except json.JSONDecodeError as e: print(e)
`,
  );
  script(
    're',
    String.raw`
import re
text = open('poem').read()
print(re.findall(r'\b(\w)(\w*)ing(s?)\b', text))
print(re.sub(r'(?P<a>\w+) and (?P<b>\w+)', r'\g<b> AND \g<a>', text))
print([m.span() for m in re.finditer(r'(?i)of|and', text)], re.split(r'[,:\n]+', text)[:5])
print(re.fullmatch(r'(a+)+b', 'a' * 18 + 'c'), re.compile(r'(?<=\d)(?=(\d{3})+$)').sub(',', '1234567890'))
`,
    { files: { poem } },
  );
  script(
    'hashlib and zlib',
    String.raw`
import hashlib, zlib, hmac, base64, binascii, bz2, lzma
data = bytes(range(256)) * 200
for name in ('md5', 'sha1', 'sha256', 'sha512', 'sha3_256', 'blake2b', 'blake2s'): print(name, hashlib.new(name, data).hexdigest())
print(hmac.new(b'key', data, 'sha256').hexdigest(), hashlib.pbkdf2_hmac('sha256', b'pw', b'salt', 1000).hex())
for level in (1, 6, 9):
    c = zlib.compress(data, level); print(len(c), zlib.crc32(c), zlib.decompress(c) == data)
print(len(bz2.compress(data)), bz2.decompress(bz2.compress(data)) == data, lzma.decompress(lzma.compress(data)) == data)
print(base64.b85encode(data[:20]), binascii.crc_hqx(data, 0), zlib.adler32(data))
`,
  );
  script(
    'decimal and fractions',
    String.raw`
from decimal import Decimal, getcontext, ROUND_HALF_EVEN
from fractions import Fraction
getcontext().prec = 60
print(Decimal(2).sqrt(), Decimal(1) / Decimal(7), Decimal('1e-50').exp())
print(Decimal('2.675').quantize(Decimal('0.01'), ROUND_HALF_EVEN), Decimal('Infinity') > 10, Decimal('1.10').normalize())
print(sum(Fraction(1, n) for n in range(1, 40)), Fraction('3.14159').limit_denominator(100))
`,
  );
  script(
    'struct and array',
    String.raw`
import struct, array
print(struct.pack('<bBhHiIqQfd?5s', -1, 255, -2, 65535, -3, 4, -5, 6, 1.5, -2.25, True, b'abc').hex())
print(struct.unpack('>3e2d', struct.pack('>3e2d', 0.1, 65504, -0.0, 1e-320, float('inf'))), struct.calcsize('@ciqd'))
a = array.array('d', [i / 3 for i in range(10)]); a.byteswap(); print(a.tobytes()[:24].hex()); print(memoryview(b'abcdef')[::2].tolist())
`,
  );
  script(
    'float formatting',
    String.raw`
import math
for x in (0.1, 1/3, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 2**53 + 1.0, -0.0, math.pi, 123456.789e-12):
    print(repr(x), '%.17g %e %.3f' % (x, x, x) if abs(x) < 1e50 else '', x.hex(), f'{x:,.2f}' if abs(x) < 1e30 else '')
print(float('nan'), float('1_0.5e-3'), round(2.5), round(-3.5), round(2.675, 2), math.fsum([0.1] * 10), sum([0.1] * 10))
print([f(0.7) for f in (math.sin, math.cos, math.tan, math.exp, math.log, math.sqrt, math.gamma, math.erf, math.asinh)])
print(math.fma(3.0, 4.0, 5.0), math.nextafter(1, 2), math.ulp(1e10), math.remainder(10, 3), divmod(-7.5, 2), 1e16 + 1)
print(complex(1, 2) ** 3.5, (-8) ** (1/3), float.fromhex('0x1.8p-1074'), math.ldexp(0.5, -1073), math.frexp(1e-310))
`,
  );
  script(
    'sqlite3 module',
    String.raw`
import sqlite3
for where in (':memory:', 'test.db'):
    db = sqlite3.connect(where)
    db.execute('create table t(id integer primary key, name text, v real)')
    db.executemany('insert into t(name, v) values(?, ?)', [(f'n{i % 7}', i / 3) for i in range(500)]); db.commit()
    print(db.execute('select name, count(*), round(sum(v), 4) from t group by name order by 3 desc').fetchall())
    db.create_function('twice', 1, lambda x: x * 2); print(db.execute('select twice(max(v)) from t').fetchone())
    try: db.execute('insert into t(id) values (1)')
    except sqlite3.IntegrityError as e: print(e)
    db.close()
`,
  );
  script(
    'datetime',
    String.raw`
from datetime import datetime, timedelta, timezone, date
d = datetime(2024, 2, 29, 23, 59, 59, 999999, timezone.utc)
print(d + timedelta(days=366), d.isoformat(), d.strftime('%A %d %B %Y %j %U %%'), d.timestamp(), date(2000, 1, 1).isocalendar())
print(datetime.strptime('03/Nov/2023:10:11:12 +0530', '%d/%b/%Y:%H:%M:%S %z').astimezone(timezone.utc), timedelta(seconds=1e6) / 7)
from zoneinfo import ZoneInfo
print(datetime(2024, 7, 1, 12, tzinfo=ZoneInfo('Europe/Berlin')).utcoffset(), datetime(1970, 1, 1, tzinfo=ZoneInfo('America/New_York')).timestamp())
`,
  );
  script(
    'collections and itertools',
    String.raw`
from collections import Counter, defaultdict, OrderedDict, deque, namedtuple, ChainMap
import itertools as it, heapq, bisect, functools, operator
words = open('poem').read().lower().split()
print(Counter(words).most_common(5)); d = defaultdict(list)
for w in words: d[len(w)].append(w)
print(sorted(d.items())); q = deque(range(10), maxlen=4); q.rotate(1); print(q)
print(list(it.islice(it.permutations('abcd'), 5)), [sum(c) for c in it.combinations(range(6), 3)][:8], list(it.accumulate(range(8), operator.mul)))
h = [5, 2, 8, 1]; heapq.heapify(h); print([heapq.heappop(h) for _ in range(4)], bisect.bisect([1, 3, 5], 4), functools.reduce(operator.xor, range(100)))
P = namedtuple('P', 'x y'); print(P(1, 2)._replace(y=5), list(zip(*[[1, 2], [3, 4]])), {1, 2} ^ {2, 3}, dict(ChainMap({'a': 1}, {'b': 2})))
print(sorted({'banana', 'apple', 'cherry'}), hash('fixed seed') == hash('fixed seed'), [*map(chr, range(0x3b1, 0x3b6))])
`,
    { files: { poem } },
  );
  script(
    'random with a seed',
    String.raw`
import random
r = random.Random(42)
print([r.random() for _ in range(5)], r.sample(range(1000), 8), r.gauss(0, 1), r.getrandbits(100), r.choices('abc', [5, 3, 1], k=12))
l = list(range(20)); r.shuffle(l); print(l, random.Random('text').randint(0, 10**18), r.expovariate(1.5), r.triangular())
`,
  );
  script(
    'unicode',
    String.raw`
import unicodedata, sys
s = 'Straße ﬁ Ångström 日本語 👩‍🚀 İstanbul'
print(s.upper(), s.casefold(), len(s), s.encode('utf-16-le').hex()[:40], s.encode('utf-8')[-8:])
for f in ('NFC', 'NFD', 'NFKC'): print(f, len(unicodedata.normalize(f, s)))
print([unicodedata.name(c) for c in 'é€𝄞'], unicodedata.numeric('¾'), 'ǅ'.istitle(), '٣'.isdigit(), int('٣'), sys.stdout.encoding)
print('\ud800'.encode('utf-8', 'surrogatepass'), b'\xff\xfeabc'.decode('utf-8', 'replace'), ascii(s), s.isascii())
print('Grüße'.encode('latin-1'), 'abc'.encode('utf-7'), 'пример'.encode('koi8-r'), 'bücher'.encode('punycode'))
`,
  );
  script(
    'big integers',
    String.raw`
a = 3 ** 500; b = 7 ** 300
print(a * b % (10 ** 40 + 7), a // b, divmod(-a, b)[1] % 1000, pow(3, 10 ** 20, 10 ** 15 + 37), (a ^ b).bit_count(), a.bit_length())
import math; print(math.factorial(100), math.isqrt(a) % 10 ** 20, math.gcd(math.factorial(30), 2 ** 50 * 3 ** 5), pow(17, -1, 10 ** 9 + 7))
print(int('zz', 36), hex(-(1 << 70)), (12345678901234567890).to_bytes(9, 'big'), str(2 ** 3000)[-20:], 10 ** 30 / 3, float(2 ** 1000), math.comb(100, 50))
`,
  );
  script(
    'generators, classes, exceptions',
    String.raw`
import contextlib, dataclasses, enum, sys, traceback
def gen():
    try:
        x = yield 1
        print('got', x); yield from range(3)
    finally: print('closed')
g = gen(); print(next(g), g.send('v'), next(g)); g.close()
@dataclasses.dataclass(order=True, frozen=True)
class D: a: int; b: str = 'x'
class C(enum.Flag): R = 1; G = 2
print(D(1) < D(2), D(3), C.R | C.G, [n for n in dir(D) if not n.startswith('_')])
class M(type):
    def __new__(m, n, b, d): d['added'] = n * 2; return super().__new__(m, n, b, d)
class A(metaclass=M):
    def __getattr__(self, n): return f'<{n}>'
print(A.added, A().anything)
@contextlib.contextmanager
def ctx():
    try: yield 5
    except ValueError as e: print('swallowed', e)
with ctx() as v: raise ValueError(v)
try:
    try: 1 / 0
    except ZeroDivisionError as e: raise KeyError('k') from e
except KeyError as e: print(repr(e), repr(e.__cause__), ''.join(traceback.format_exception_only(e)).strip())
try: raise ExceptionGroup('g', [ValueError(1), TypeError(2)])
except* ValueError as eg: print(eg.exceptions)
except* TypeError as eg: print('types', len(eg.exceptions))
match {'k': [1, 2, 3]}:
    case {'k': [first, *rest]}: print(first, rest)
def recurse(n): return recurse(n + 1)
try: recurse(0)
except RecursionError as e: print(e)
sys.exit(17)
`,
  );
  script(
    'asyncio',
    String.raw`
import asyncio
async def work(n):
    await asyncio.sleep(0.01 * (3 - n)); return n * n
async def main():
    print(await asyncio.gather(*map(work, range(3))))
    q = asyncio.Queue(); await q.put(1); print(q.get_nowait(), [x async for x in agen()])
async def agen():
    for i in range(3): yield i
asyncio.run(main())
`,
  );
  script(
    'csv, textwrap, difflib, string',
    String.raw`
import csv, io, textwrap, difflib, string, pprint, configparser, html, urllib.parse, shlex, fnmatch
rows = list(csv.DictReader(open('table'))); print(rows[2], sum(float(r['score']) for r in rows))
out = io.StringIO(); csv.writer(out, quoting=csv.QUOTE_ALL).writerow(['a"b', 1, None]); print(out.getvalue().strip())
print(textwrap.fill('the quick brown fox jumps over the lazy dog ' * 3, 30)); print('\n'.join(difflib.unified_diff('abc', 'abd', lineterm='')))
pprint.pprint({'k%d' % i: list(range(i)) for i in range(12)}, width=40)
c = configparser.ConfigParser(); c.read_string('[s]\na = 1\nb: %(a)s2'); print(c['s']['b'], html.escape('<&>"'), urllib.parse.quote('a b/ü?'))
print(shlex.split('a "b c" d\\ e'), fnmatch.filter(['a.py', 'b.txt'], '*.py'), string.Template('$x $$').substitute(x=1), '{:>10}|{:^7}|{:<5}|{!r}'.format(1, 'm', True, 'q'))
`,
    { files: { table } },
  );
  script(
    'files and os',
    String.raw`
import os, pathlib, tempfile, shutil, glob, stat, sys
p = pathlib.Path('dir/sub'); p.mkdir(parents=True); (p / 'f.txt').write_text('hello\nü\n')
print(sorted(glob.glob('**/*', recursive=True)), (p / 'f.txt').stat().st_size, oct(stat.S_IMODE(os.stat('dir').st_mode)))
with open(p / 'f.txt', 'r+b') as f: f.seek(0, 2); f.write(b'\x00\xff'); f.seek(0); print(f.read())
shutil.copytree('dir', 'copy'); os.rename('copy', 'moved'); os.symlink('moved', 'link'); print(os.path.realpath('link'), [(a, sorted(b), sorted(c)) for a, b, c in os.walk('.')][:1])
try: open('missing')
except OSError as e: print(e.errno, e)
with tempfile.TemporaryDirectory() as t: print(os.path.isdir(t))
print(os.path.exists(t), os.getcwd(), os.environ['HOME'], sys.argv, os.sep, sys.byteorder, sys.maxsize, os.getuid())
os.write(1, b'raw\n'); sys.stdout.flush(); os._exit(9)
`,
  );
  script(
    'stdin',
    String.raw`
import sys
lines = sys.stdin.read().splitlines(); print(len(lines), sorted(lines, key=len)[-1]); print(sys.stdin.read() == '')
print('to stderr', file=sys.stderr)
`,
    { stdin: poem, stderr: true },
  );
  script(
    'pickle, copy, ast, dis',
    String.raw`
import pickle, copy, ast, dis, io, inspect, timeit
x = {'a': [1, (2, 3)], 'self': None}; x['self'] = x; y = pickle.loads(pickle.dumps(x)); print(y['self'] is y, copy.deepcopy(x)['a'])
print(ast.dump(ast.parse('a + b * 2 if c else [d for d in e]', mode='eval'))); print(eval(compile('sum(i * i for i in range(1000))', 'f', 'eval')))
out = io.StringIO(); dis.dis(lambda a: a + 1, file=out); print(out.getvalue().count('\n') > 2)
exec('def f(a, *b, c=1, **d): return locals()'); print(f(1, 2, e=3), inspect.signature(f))
`,
  );
  script(
    'spectral norm, pure Python',
    String.raw`
def a(i, j): return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)
def times(v): return [sum(a(i, j) * x for j, x in enumerate(v)) for i in range(len(v))]
def times_t(v): return [sum(a(j, i) * x for j, x in enumerate(v)) for i in range(len(v))]
u = [1.0] * 40
for _ in range(4): v = times_t(times(u)); u = times_t(times(v))
print('%.9f' % (sum(x * y for x, y in zip(u, v)) / sum(x * x for x in v)) ** 0.5)
`,
  );
  script('uncaught exception', 'def f(x):\n    return 1 // x\nf(0)\n', { stderr: true });
  add('version', ['/usr/bin/python3', '--version']);
});

const perl = cases('perl', (add) => {
  /** @param {string} name @param {string} source @param {Partial<import('./case.mjs').Case>} [more] */
  const script = (name, source, more = {}) => {
    add(name, ['/usr/bin/perl', 'main.pl'], {
      ...more,
      files: { 'main.pl': `use strict; use warnings;\n${source}`, ...more.files },
    });
  };
  script(
    'regular expressions',
    String.raw`
my $t = do { local $/; open my $f, '<', 'poem' or die; <$f> };
my @w = $t =~ /\b(\w+ing)s?\b/g; print "@w\n";
(my $u = $t) =~ s/(\w+)/\u\L$1/g; print $u;
while ($t =~ /(?<first>[A-Z])(?<rest>\w*)/g) { print "$+{first}.$+{rest} at ", pos($t), "\n" }
print join('|', split /[,:\n]\s*/, $t), "\n"; $_ = 'aXbXc'; print tr/X/-/r, ' ', scalar(() = /X/g), "\n";
my $re = qr/^(?:(\d+)-(?{ 1 })|x)*$/x; print "nested ", ("((a)(b(c)))" =~ /^(\((?:[^()]|(?1))*\))$/ ? 'ok' : 'no'), "\n";`,
    { files: { poem } },
  );
  script(
    'sort, hashes, references',
    String.raw`
my %h; $h{length $_}{$_}++ for qw(the quick brown fox jumps over the lazy dog the);
for my $n (sort { $a <=> $b } keys %h) { print "$n: ", join(', ', map { "$_=$h{$n}{$_}" } sort keys %{$h{$n}}), "\n" }
my @s = sort { $b->[1] <=> $a->[1] || $a->[0] cmp $b->[0] } map { [$_, $_ % 7] } 1..20; print join(' ', map { "$_->[0]:$_->[1]" } @s), "\n";
my @a = (1..10); print "@a[2..4] $#a @{[splice @a, 1, 3, 'x', 'y']} @a\n"; my ($x, @rest) = reverse @a; print "$x @rest[0,1]\n";
print join(',', (map { $_ * $_ } grep { $_ & 1 } 1..9)), exists $h{99} ? 1 : 0, delete $h{3} ? 'd' : '', wantarray() ? 1 : 'u', "\n";`,
  );
  script(
    'pack and sprintf',
    String.raw`
print unpack('H*', pack('cCsSlLqQnNvVfd a5 A5 Z5 w', -1, 255, -2, 65535, -3, 4, -5, 6, 258, 16909060, 258, 16909060, 1.5, -2.25, 'ab', 'cd', 'ef', 300)), "\n";
printf "%05d|%-8s|%+.3e|%x|%#o|%b|%g|%s|%%|%3\$s %1\$s\n", 42, 'left', 12345.678, 255, 8, 10, 0.0001, 'z';
print 0.1 + 0.2, ' ', 1e21, ' ', 1/3, ' ', 10 ** 20, ' ', 2 ** 63, ' ', -7 % 3, ' ', 7 / 2, ' ', int(-3.7), ' ', 9223372036854775807 + 1, "\n";
print join(',', unpack('(A2)*', 'aabbccd')), ' ', oct('0x1f'), ' ', hex('ff'), ' ', ord('é'), ' ', chr(65), ' ', lc('ABC'), ucfirst('abc'), ' ', 'ab' x 3, "\n";
printf "%.15g %.0f %.0f %s %s\n", atan2(1, 1) * 4, 0.5, 1.5, sqrt(2), exp(1); printf "%vd %s\n", '1.22.333', join ',', map { sprintf '%.3f', sin $_ } 1..4;`,
  );
  script(
    'file I/O',
    String.raw`
open my $o, '>', 'out' or die; printf $o "%d\t%s\n", $_, 'x' x ($_ % 5) for 1..200; close $o;
open my $i, '<', 'out' or die; my ($n, $l) = (0, 0); while (<$i>) { chomp; my @f = split /\t/; $n += $f[0]; $l += length($f[1] // '') } print "$n $l $.\n"; close $i;
print -s 'out', ' ', (-e 'nope' ? 1 : 0), ' ', (-d '.' ? 'dir' : ''), "\n"; open my $m, '+<', 'out'; seek $m, 5, 0; read $m, my $b, 10; print unpack('H*', $b), ' ', tell $m, "\n";
mkdir 'd'; rename 'out', 'd/moved'; opendir my $d, 'd'; print join(',', sort readdir $d), "\n"; unlink 'd/moved'; rmdir 'd'; print open(my $x, '<', 'gone') ? 'yes' : "$!", "\n";
while (<STDIN>) { print "$.: $_" if /and/i } print STDERR "warned\n"; open my $s, '<', \ "in\nmemory\n"; print scalar(<$s>); exit 4;`,
    { stdin: poem, stderr: true },
  );
  script(
    'objects, closures, local, eval',
    String.raw`
package Animal { sub new { my ($c, %a) = @_; bless { %a }, $c } sub name { $_[0]{name} } sub speak { my $s = shift; sprintf '%s says %s', $s->name, $s->sound } sub DESTROY { print "gone: $_[0]{name}\n" } }
package Dog { our @ISA = ('Animal'); sub sound { 'woof' } use overload '+' => sub { 'sum' }, '""' => sub { 'dog' }; }
{ my $d = Dog->new(name => 'Rex'); print $d->speak, " $d ", $d + 1, ' ', ref $d, ' ', Dog->can('speak') ? 1 : 0, "\n"; }
my @c = map { my $n = $_; sub { $n++ } } 1..3; $c[0]->(); print join(',', map { $_->() } @c), "\n";
our $g = 1; sub show { $g } sub test { local $g = 2; show() } print test(), show(), "\n"; eval { die { code => 42 } }; print $@->{code}, "\n"; eval { my $z = 0; my $r = 1 / $z }; print $@;
my $s = 0; OUTER: for my $i (1..5) { for my $j (1..5) { next OUTER if $j > $i; last OUTER if $i * $j > 12; $s += $i * $j } } print "$s\n"; print join(' ', map { fib($_) } 1..15), "\n"; sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) }`,
  );
  script(
    'modules',
    String.raw`
use List::Util qw(sum max first reduce shuffle uniq); use POSIX qw(floor ceil strftime fmod); use Data::Dumper; use Digest::SHA qw(sha256_hex); use MIME::Base64; use Math::BigInt; use Time::Local; use Encode; use Storable qw(dclone);
print sum(1..100), ' ', max(3, 9, 2), ' ', first { $_ > 3 } (1..9); print ' ', (reduce { $a * $b } 1..10), ' ', join(',', uniq(1, 1, 2)), "\n"; print floor(-2.5), ceil(2.1), ' ', strftime('%Y-%m-%d', gmtime 86400 * 365), ' ', fmod(10, 3), "\n";
$Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1; print Dumper({ a => [1, { b => undef }], c => \ 'x' }), sha256_hex('abc'), ' ', encode_base64('hello', ''), ' ', Math::BigInt->new(2)->bpow(200), "\n";
print timegm(0, 0, 0, 1, 0, 100), ' ', length(Encode::encode('UTF-8', "\x{263a}")), ' ', dclone([1, [2]])->[1][0], "\n";`,
  );
  script(
    'formats and sprintf of a table',
    String.raw`
open my $f, '<:encoding(UTF-8)', 'table' or die; binmode STDOUT, ':utf8'; my @r = map { chomp; [split /,/] } <$f>; shift @r;
our ($name, $city, $score); format STDOUT =
@<<<<<<<<<< @>>>>>>>>>>>> @##.##
$name, $city, $score
.
for (sort { $b->[3] <=> $a->[3] } @r) { ($name, $city, $score) = @$_[0, 1, 3]; write }
print join('', sort { $a cmp $b } map { substr $_->[1], 0, 1 } @r), ' ', scalar reverse('żółw'), "\n"; my $here = <<~END; print $here;
  indented ${'$'}{\ scalar @r}
  END
`,
    { files: { table } },
  );
  script('die', 'sub f { die "cannot go on" } f();', { stderr: true });
  script(
    'log analysis',
    String.raw`
my (%n, %sum); open my $f, '<', 'log' or die; while (<$f>) { next unless /^(\d+) (\w+) file-(\d+) (\d+)$/; $n{$2}++; $sum{$3} += $4 } printf "%-8s %d\n", $_, $n{$_} for sort keys %n;
printf "%s:%s ", $_, $sum{$_} for (sort { $sum{$b} <=> $sum{$a} || $a <=> $b } keys %sum)[0..9]; print "\n";`,
    { files: { log: log(60_000) } },
  );
});

export default [...lua, ...python, ...perl];
