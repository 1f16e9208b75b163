// @ts-check
/**
 * Programs that start programs. The reference emulator hands these to the host, which cannot execute them, so that
 * each case carries what it has to print.
 */
import { cases } from './case.mjs';

const bash = cases('userland', (add) => {
  /** @param {string} name @param {string} source @param {string[]} lines @param {Partial<import('./case.mjs').Case>} [more] */
  const script = (name, source, lines, { expected = { status: 0 }, ...more } = {}) => {
    add(name, ['/usr/bin/bash', 'main.sh'], {
      ...more,
      files: { 'main.sh': source, ...more.files },
      expected: { stdout: lines.map((line) => `${line}\n`).join(''), ...expected },
    });
  };
  script(
    'pipelines',
    `printf 'b\\na\\nc\\n' | sort | tr a-z A-Z | paste -sd, -\nseq 1000 | grep -c 7\nyes | head -n 3 | wc -l`,
    ['A,B,C', '271', '3'],
  );
  script(
    'status of a pipeline',
    `false | true; echo $?\nset -o pipefail; false | true; echo $?\ntrue | (exit 5) | cat; echo "\${PIPESTATUS[*]}"`,
    ['0', '1', '0 5 0'],
  );
  script(
    'subshells and substitution',
    `x=1; (x=2; echo $x); echo $x\nfiles=$(ls | wc -l); echo $files\necho "$(echo "$(echo deep)")" \`echo old\``,
    ['2', '1', '1', 'deep old'],
  );
  script('process substitution', `diff <(seq 3) <(seq 4) | tail -n 1\npaste -d: <(echo a; echo b) <(echo 1; echo 2)`, [
    '> 4',
    'a:1',
    'b:2',
  ]);
  script('here-documents', `cat <<A | tr a-z A-Z\nhello $((6 * 7))\nA\ncat <<'B'\n$x\nB\ntr a b <<< banana`, [
    'HELLO 42',
    '$x',
    'bbnbnb',
  ]);
  script(
    'background and wait',
    `for i in 1 2 3; do (exit $i) & pids+=($!); done\nfor p in "\${pids[@]}"; do wait $p; echo $?; done\nsleep 0.05 & wait -n; echo $?`,
    ['1', '2', '3', '0'],
  );
  script(
    'traps',
    `trap 'echo usr1' USR1; kill -USR1 $$\ntrap 'echo exit $?' EXIT\n(trap 'echo term; exit 9' TERM; kill -TERM $BASHPID); echo $?\n(kill -KILL $BASHPID); echo $?\nexit 4`,
    ['usr1', 'term', '9', '137', 'exit 4'],
    { expected: { status: 4 } },
  );
  script(
    'a trap interrupts wait',
    `trap 'echo caught' USR1\nsleep 5 & child=$!\n(sleep 0.1; kill -USR1 $$) &\nwait $child; echo $?\nkill $child; wait $child 2>/dev/null; echo $?`,
    ['caught', '138', '143'],
  );
  script(
    'job control without a terminal',
    `set -m\nsleep 5 & kill -STOP %1; sleep 0.1; jobs -s | wc -l\nkill -CONT %1; kill %1; wait %1 2>/dev/null; echo $?`,
    ['1', '143'],
  );
  script(
    'a broken pipe ends the writer',
    `(trap '' PIPE; yes 2>/dev/null; echo $? >&2) 2>status | head -n 1; cat status\nyes | head -n 1; echo "\${PIPESTATUS[0]}"`,
    ['y', '1', 'y', '141'],
  );
  script('a hundred short pipelines', `for i in $(seq 100); do true | cat; done; echo $i`, ['100']);
  script(
    'find, xargs',
    `mkdir -p d/{a,b,c}; touch d/{a,b,c}/{1,2}\nfind d -type f -print0 | sort -z | xargs -0 -n 2 echo\nfind d -name 1 -exec basename {} \\; | sort | uniq -c | tr -s ' '\nseq 4 | xargs -P 2 -n 1 echo | sort -n | paste -sd+ - | bc`,
    ['d/a/1 d/a/2', 'd/b/1 d/b/2', 'd/c/1 d/c/2', ' 3 1', '10'],
  );
  script(
    'tar through gzip',
    `mkdir t; for i in 1 2 3; do seq $((i * 1000)) > t/$i; done\ntar cf - t | gzip -9 | gzip -d | tar tf - | sort\nrm -r t`,
    ['t/', 't/1', 't/2', 't/3'],
  );
  script(
    'fifos',
    `mkfifo /dev/shm/f; (echo one; echo two) > /dev/shm/f & cat /dev/shm/f; wait; rm /dev/shm/f; exec 3<> <(:); echo done`,
    ['one', 'two', 'done'],
  );
  script(
    'scripts with an interpreter line',
    `cat > /tmp/s <<'E'\n#!/usr/bin/bash -e\necho "$0 $1"; false; echo no\nE\nchmod +x /tmp/s; /tmp/s arg; echo $?\nprintf 'echo plain\\n' > /tmp/p; chmod +x /tmp/p; /tmp/p; rm /tmp/s /tmp/p`,
    ['/tmp/s arg', '1', 'plain'],
  );
  script(
    'exec, PATH, command not found',
    `(exec echo replaced); hash -r; type -P cat; nothing-here 2>/dev/null; echo $?\n/etc 2>/dev/null; echo $?`,
    ['replaced', '/usr/bin/cat', '127', '126'],
  );
  script(
    'processes in /proc',
    `sleep 5 & p=$!\ntr '\\0' ' ' < /proc/$p/cmdline; echo\ngrep -c . /proc/$p/stat; grep PPid /proc/$p/status | cut -f2 | grep -qx $$ && echo parent; kill $p`,
    ['sleep 5 ', '1', 'parent'],
  );
  script('limits', `ulimit -n 20; ulimit -n; (ulimit -n 10; ulimit -n); ulimit -c`, ['20', '10', '0']);
});

const languages = cases('userland', (add) => {
  /** @param {string} name @param {string} program @param {string} file @param {string} source @param {string[]} lines */
  const program = (name, program, file, source, lines) =>
    add(name, [program, file], {
      files: { [file]: source },
      expected: { status: 0, stdout: lines.map((line) => `${line}\n`).join('') },
    });
  program(
    'perl fork and pipe',
    '/usr/bin/perl',
    'main.pl',
    String.raw`
pipe(my $r, my $w) or die; my $pid = fork();
if (!$pid) { close $r; print $w "from child\n"; close $w; exit 3 }
close $w; print scalar <$r>; waitpid($pid, 0); print $? >> 8, "\n";
open(my $p, '-|', '/usr/bin/seq', '3') or die; print map { "got $_" } <$p>; close $p;
$SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select(undef, undef, undef, 5);`,
    ['from child', '3', 'got 1', 'got 2', 'got 3', 'alarm'],
  );
  program(
    'python fork, threads, subprocess',
    '/usr/bin/python3',
    'main.py',
    `
import os, subprocess, threading
r, w = os.pipe()
if (pid := os.fork()) == 0:
    os.write(w, b'child'); os._exit(3)
print(os.read(r, 10).decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
lock, total = threading.Lock(), 0
def add():
    global total
    for _ in range(200):
        with lock: total += 1
threads = [threading.Thread(target=add) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(total)
done = threading.Event(); threading.Timer(0.05, done.set).start(); print(done.wait(5))
print(subprocess.run(['/usr/bin/tr', 'a-z', 'A-Z'], input=b'shout', capture_output=True).stdout.decode())
try: subprocess.run(['/none'])
except FileNotFoundError as e: print(e.errno)
try: subprocess.run(['/usr/bin/sleep', '5'], timeout=0.1)
except subprocess.TimeoutExpired: print('timeout')`,
    ['child 3', '1600', 'True', 'SHOUT', '2', 'timeout'],
  );
  program(
    'python multiprocessing',
    '/usr/bin/python3',
    'main.py',
    `
import multiprocessing as mp
context = mp.get_context('fork')
def square(x): return x * x
def increment(value):
    for _ in range(100):
        with value.get_lock(): value.value += 1
with context.Pool(3) as pool: print(pool.map(square, range(8)))
value = context.Value('i', 0)
workers = [context.Process(target=increment, args=(value,)) for _ in range(3)]
[p.start() for p in workers]; [p.join() for p in workers]
print(value.value, [p.exitcode for p in workers])`,
    ['[0, 1, 4, 9, 16, 25, 36, 49]', '300 [0, 0, 0]'],
  );
  program(
    'python sockets and signals',
    '/usr/bin/python3',
    'main.py',
    `
import os, signal, socket, time
a, b = socket.socketpair()
if os.fork() == 0:
    a.close(); b.sendall(b.recv(100).upper()); os._exit(0)
b.close(); a.sendall(b'hello'); print(a.recv(100).decode(), flush=True); os.wait()
server = socket.socket(socket.AF_UNIX); server.bind('/dev/shm/s'); server.listen()
if os.fork() == 0:
    c = socket.socket(socket.AF_UNIX); c.connect('/dev/shm/s'); c.sendall(b'ping'); print(c.recv(10).decode(), flush=True); os._exit(0)
peer, _ = server.accept(); peer.sendall(peer.recv(10) + b'!'); os.wait(); os.unlink('/dev/shm/s')
signal.signal(signal.SIGALRM, lambda *_: print('alarm')); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.3)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1)
print(signal.sigwait([signal.SIGUSR1]) == signal.SIGUSR1)`,
    ['HELLO', 'ping!', 'alarm', 'True'],
  );
});

export default [...bash, ...languages];
