import multiprocessing as mp, os, signal, sys, time
from multiprocessing import shared_memory
def square(n): return n * n
def fails(n): raise ValueError(f'no {n}')
def producer(q, n): [q.put((n, i)) for i in range(5)]
def adder(value, lock, array):
    for i in range(50):
        with lock: value.value += 1; array[i % 5] += 1
def echo(pipe):
    while (item := pipe.recv()) is not None: pipe.send(item * 2)
def fill(name):
    memory = shared_memory.SharedMemory(name); memory.buf[:5] = b'hello'; memory.close()
def wait_for(event, barrier, out): event.wait(20); out.put(barrier.wait(20) >= 0)
if __name__ == '__main__':
    for method in 'fork', 'spawn', 'forkserver':
        context = mp.get_context(method)
        with context.Pool(2) as pool: print(method, pool.map(square, range(6)), pool.apply_async(square, (7,)).get(60)); sys.stdout.flush()
        with context.Pool(1) as pool:
            try: pool.apply(fails, (3,))
            except ValueError as error: print(error)
    context = mp.get_context('fork'); q = context.Queue(); workers = [context.Process(target=producer, args=(q, n)) for n in range(3)]; [w.start() for w in workers]
    print(sorted(q.get(timeout=30) for _ in range(15))[::7]); [w.join() for w in workers]
    value, array, lock = context.Value('i', 0, lock=False), context.Array('i', 5), context.Lock(); workers = [context.Process(target=adder, args=(value, lock, array)) for _ in range(4)]; [w.start() for w in workers]; [w.join() for w in workers]; print(value.value, list(array))
    ours, theirs = context.Pipe(); p = context.Process(target=echo, args=(theirs,)); p.start(); ours.send('ab'); ours.send([1]); print(ours.recv(), ours.recv()); ours.send(None); p.join(); print(p.exitcode)
    memory = shared_memory.SharedMemory(create=True, size=64); p = context.Process(target=fill, args=(memory.name,)); p.start(); p.join(); print(bytes(memory.buf[:5])); memory.close(); memory.unlink()
    event, barrier, out = context.Event(), context.Barrier(3), context.Queue(); workers = [context.Process(target=wait_for, args=(event, barrier, out)) for _ in range(3)]; [w.start() for w in workers]; event.set(); print([out.get(timeout=30) for _ in workers]); [w.join() for w in workers]
    p = context.Process(target=time.sleep, args=(60,)); p.start(); p.terminate(); p.join(); print(p.exitcode); p = context.Process(target=time.sleep, args=(60,)); p.start(); os.kill(p.pid, signal.SIGKILL); p.join(); print(p.exitcode, mp.active_children())
    with context.Manager() as manager:
        d = manager.dict(); l = manager.list([3, 1, 2]); p = context.Process(target=lambda: (d.update(a=1), l.sort())); p.start(); p.join(); print(dict(d), list(l))
