import array, errno, os, select, socket, socketserver, struct, threading
def attempt(f, *a):
    try: print(f(*a))
    except OSError as e: print(errno.errorcode[e.errno])
S, D, Q, U = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.AF_UNIX
for kind in S, D, Q:
    a, b = socket.socketpair(U, kind); print(a.send(b'one'), a.send(b'two')); print(b.recv(2, socket.MSG_PEEK), b.recv(2), b.recv(9)); b.setblocking(False); attempt(b.recv, 9); attempt(b.recv, 9, socket.MSG_DONTWAIT); print(a.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == kind, repr(a.getsockname()), a.family == U); a.close(); attempt(b.recv, 9); attempt(b.send, b'x', socket.MSG_NOSIGNAL); b.close()
a, b = socket.socketpair(); a.shutdown(socket.SHUT_WR); print(b.recv(1)); b.send(b'back'); print(a.recv(9)); attempt(a.send, b'x'); p = select.poll(); p.register(b, select.POLLIN | select.POLLRDHUP); print(p.poll(0)[0][1] == select.POLLIN | select.POLLRDHUP); b.close(); print(a.recv(1))
a, b = socket.socketpair(); f = os.open('/work/passed', os.O_CREAT | os.O_RDWR); os.write(f, b'content'); r, w = os.pipe(); socket.send_fds(a, [b'fds'], [f, w]); os.close(f); os.close(w); data, fds, flags, _ = socket.recv_fds(b, 99, 5); print(data, len(fds), os.pread(fds[0], 99, 0), os.write(fds[1], b'w'), os.read(r, 9), flags); [os.close(x) for x in fds]; print(os.read(r, 1)); os.unlink('/work/passed')
socket.send_fds(a, [b'cut'], [r, r, r]); data, anc, flags, _ = b.recvmsg(9, socket.CMSG_LEN(8)); got = array.array('i', anc[0][2][:8]); print(len(got)); [os.close(x) for x in got]; print(struct.unpack('3i', b.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0] == os.getpid()); b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1); a.send(b'c'); data, anc, *_ = b.recvmsg(9, 99); print(data, anc[0][1] == socket.SCM_CREDENTIALS, struct.unpack('3i', anc[0][2])[0] == os.getpid()); print(a.sendmsg([b'gather', b'ed']), b.recv(99)); x = bytearray(3), bytearray(9); a.send(b'scatter'); print(b.recvmsg_into(x)[0], x)
for name in '/work/listen', '\0abstract':
    s = socket.socket(U, S); c = socket.socket(U, S); attempt(c.connect, name); s.bind(name); attempt(c.connect, name); s.listen(2); t = socket.socket(U, S); attempt(t.bind, name); c.connect(name); n, peer = s.accept(); print(repr(peer), c.getpeername() == (name if name[0] == '/' else name.encode()), repr(n.getpeername())); n.sendall(b'hello' * 9000); n.close(); print(sum(len(d) for d in iter(lambda: c.recv(60000), b''))); attempt(c.connect, name); attempt(s.connect, name); s.close(); t.close(); t = socket.socket(U, S); attempt(t.connect, name); c.close(); t.close()
print(oct(os.stat('/work/listen').st_mode)[2:5]); os.unlink('/work/listen'); attempt(os.open, '/work', os.O_WRONLY); s = socket.socket(U, D); s.bind('/work/d'); c = socket.socket(U, D); c.bind('/work/e'); c.sendto(b'datagram', '/work/d'); print(s.recvfrom(4)); c.sendto(b'', '/work/d'); print(s.recvfrom(9)); attempt(c.sendto, b'x', '/work/none'); c.connect('/work/d'); attempt(c.send, b'y' * 300000); s.close(); attempt(c.send, b'z'); os.unlink('/work/d'); os.unlink('/work/e'); attempt(socket.socket(U, S).bind, '/none/x'); attempt(socket.socket(U, S).recv, 1); attempt(socket.socket(U, S).listen); attempt(socket.socket(U, S).accept); attempt(socket.socket, U, 77)
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile: self.wfile.write(line.upper())
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): daemon_threads = True
def talk(n, out):
    with socket.socket(U, S) as s:
        s.connect('/work/server'); f = s.makefile('rw'); answers = []
        for i in range(5): f.write(f'client {n} {i}\n'); f.flush(); answers.append(f.readline().strip())
        out[n] = answers
with Server('/work/server', Handler) as server:
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start(); out = {}; threads = [threading.Thread(target=talk, args=(n, out)) for n in range(4)]; [t.start() for t in threads]; [t.join() for t in threads]; print([out[n][4] for n in range(4)]); server.shutdown()
os.unlink('/work/server'); a, b = socket.socketpair(); a.settimeout(0.1)
try: a.recv(1)
except TimeoutError as e: print(e)
a.setblocking(False); n = 0
try:
    while True: n += a.send(b'f' * 4096)
except BlockingIOError: print(n > 50000, not select.select([], [a], [], 0)[1])
m = 0
while m < n: m += len(b.recv(1 << 20))
print(m == n, select.select([], [a], [], 0)[1] == [a]); pid = os.fork()
if pid == 0: b.close(); a.setblocking(True); a.send(b'from the child'); os._exit(0)
a.close(); print(b.recv(99), b.recv(1)); os.waitpid(pid, 0)
