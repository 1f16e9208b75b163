import concurrent.futures, os, queue, signal, subprocess, sys, threading, time
q = queue.Queue(3); done = []
def consume():
    while (item := q.get()) is not None: done.append(item * item)
    q.put(None)
threads = [threading.Thread(target=consume) for _ in range(4)]; [t.start() for t in threads]
for n in range(50): q.put(n)
q.put(None); [t.join() for t in threads]; print(sorted(done) == [n * n for n in range(50)])
with concurrent.futures.ThreadPoolExecutor(5) as pool: print(list(pool.map(lambda n: n ** 2, range(10))))
with concurrent.futures.ProcessPoolExecutor(2) as pool: print(sum(pool.map(abs, range(-20, 0), chunksize=5)))
barrier = threading.Barrier(3); condition = threading.Condition(); order = []
def meet(n):
    barrier.wait(10)
    with condition:
        condition.wait_for(lambda: len(order) == n, 10); order.append(n); condition.notify_all()
threads = [threading.Thread(target=meet, args=(n,)) for n in (2, 0, 1)]; [t.start() for t in threads]; [t.join() for t in threads]; print(order)
local = threading.local(); local.value = 1; t = threading.Thread(target=lambda: print(hasattr(local, 'value'))); t.start(); t.join()
signal.signal(signal.SIGUSR1, lambda *_: print('in', threading.current_thread() is threading.main_thread())); t = threading.Thread(target=lambda: os.kill(os.getpid(), signal.SIGUSR1)); t.start(); t.join(); time.sleep(0.05)
p = subprocess.Popen(['sh', '-c', 'read a; echo "got $a"; echo err >&2; exit 4'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True); print(p.communicate('line\n'), p.returncode)
a = subprocess.Popen(['seq', '1000'], stdout=subprocess.PIPE); b = subprocess.Popen(['grep', '-c', '7'], stdin=a.stdout, stdout=subprocess.PIPE, text=True); a.stdout.close(); print(b.communicate()[0].strip(), a.wait(), b.returncode)
try: subprocess.run(['sh', '-c', 'kill -9 $$'], check=True)
except subprocess.CalledProcessError as error: print(error)
print(subprocess.run('echo $X; pwd; ulimit -n', shell=True, env={'X': 'y'}, cwd='/', capture_output=True, text=True, preexec_fn=lambda: __import__('resource').setrlimit(7, (64, 64))).stdout.split())
p = subprocess.Popen(['sleep', '60'], start_new_session=True); os.killpg(p.pid, signal.SIGTERM); print(p.wait(10))
