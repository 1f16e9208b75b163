import errno, os, select, signal, socket, threading, time
def names(p, fds): return sorted((fds[fd], '|'.join(n for n in ('IN', 'PRI', 'OUT', 'ERR', 'HUP', 'NVAL', 'RDHUP') if m & getattr(select, 'POLL' + n))) for fd, m in p)
r, w = os.pipe(); a, b = socket.socketpair(); f = os.open('/work/main.py', os.O_RDONLY); n = os.open('/dev/null', os.O_RDWR); label = {r: 'r', w: 'w', a.fileno(): 'a', b.fileno(): 'b', f: 'f', n: 'n', 99: '99'}
def look():
    p = select.poll(); [p.register(fd, select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLRDHUP) for fd in label]; print(names(p.poll(0), label))
look(); os.write(w, b'x'); a.send(b'y'); look(); os.read(r, 9); b.recv(9); b.shutdown(socket.SHUT_WR); look(); a.close(); del label[next(k for k, v in label.items() if v == 'a')]; look(); os.close(r); del label[r]; look(); os.close(w); r, w = os.pipe(); label = {r: 'r', w: 'w'}; os.close(w); look()
r, w = os.pipe(); os.set_blocking(w, False); e = select.epoll(); e.register(r, select.EPOLLIN | select.EPOLLET); e.register(w, select.EPOLLOUT | select.EPOLLONESHOT); print(len(e.poll(0)), e.poll(0)); os.write(w, b'1'); print(len(e.poll(0)), e.poll(0)); os.write(w, b'2'); print(len(e.poll(0)), os.read(r, 1), e.poll(0)); e.modify(w, select.EPOLLOUT); print(e.poll(0)[0][0] == w)
for bad in lambda: e.register(r, 1), lambda: e.register(98, 1), lambda: e.modify(0, 1), lambda: e.unregister(0), lambda: e.register(f, 1), lambda: e.register(e.fileno(), 1), lambda: e.poll(0, 0), lambda: select.select([-1], [], [], 0):
    try: print(bad())
    except (OSError, ValueError) as x: print(errno.errorcode.get(getattr(x, 'errno', 0), x))
outer = select.epoll(); outer.register(e.fileno(), select.EPOLLIN); print(len(outer.poll(0))); e.unregister(w); e.unregister(r); print(outer.poll(0)); d = os.dup(r); e.register(d, select.EPOLLIN); os.write(w, b'3'); os.close(d); print(len(e.poll(0))); os.close(r); print(e.poll(0)); os.close(w)
v = os.eventfd(3, os.EFD_NONBLOCK); print(os.eventfd_read(v))
try: os.eventfd_read(v)
except BlockingIOError: print('empty')
os.eventfd_write(v, 2 ** 64 - 2); print(names([(x, m) for x, m in [(v, 0)]], {v: 'v'}), select.select([v], [v], [], 0)[1])
try: os.eventfd_write(v, 1)
except BlockingIOError: print('full')
v = os.eventfd(2, os.EFD_SEMAPHORE); print(os.eventfd_read(v), os.eventfd_read(v), select.select([v], [], [], 0)[0]); threading.Timer(0.1, os.eventfd_write, (v, 1)).start(); print(os.eventfd_read(v))
t = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK); print(os.timerfd_gettime(t)); os.timerfd_settime(t, initial=0.05, interval=0.05)
def ticks():
    n = 0
    while n < 3: select.select([t], [], [], 5); n += int.from_bytes(os.read(t, 8), 'little')
    return n >= 3
print(ticks(), os.timerfd_gettime(t)[1]); os.timerfd_settime(t, initial=0)
try: os.read(t, 8)
except BlockingIOError: print('disarmed')
r, w = os.pipe(); start = time.monotonic(); print(select.select([r], [], [], 0.2), time.monotonic() - start >= 0.2); threading.Timer(0.1, os.write, (w, b'woken')).start(); print(select.select([r], [], [], 20)[0] == [r], os.read(r, 9)); p = select.poll(); p.register(r, select.POLLIN); threading.Timer(0.1, os.close, (w,)).start(); print(names(p.poll(20000), {r: 'r'}))
readers = [os.pipe() for _ in range(200)]; e = select.epoll(); [e.register(x, select.EPOLLIN) for x, _ in readers]; [os.write(y, b'!') for _, y in readers[::3]]; print(len(e.poll(0)), len(e.poll(0, 10))); print(len(select.select([x for x, _ in readers], [], [], 0)[0]))
