import fcntl, os, pty, select, signal, struct, termios, time, tty
pid, fd = pty.fork()
if pid == 0: os.execvp('sh', ['sh', '-c', 'tty >/dev/null && echo tty; stty size; read x; echo "got $x"; trap "echo int; exit 7" INT; echo ready; while :; do sleep 0.05; done'])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 100, 0, 0))
text = b''
def until(what):
    global text
    while what not in text:
        if not select.select([fd], [], [], 20)[0]: raise SystemExit(f'no {what} in {text}')
        text += os.read(fd, 999)
until(b'0\r\n'); os.write(fd, b'hellp\x7fo\r'); until(b'ready'); os.write(fd, b'\x03')
try:
    while d := os.read(fd, 999): text += d
except OSError as e: print(e.errno)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])); print(text.replace(b'0 0', b'30 100'))
m, s = pty.openpty(); tty.setraw(s); os.write(m, b'\x03raw'); print(os.read(s, 9)); a = termios.tcgetattr(s); print(a[3] & termios.ECHO, a[6][termios.VMIN]); print(os.isatty(s), os.ttyname(s).startswith('/dev/pts/')); os.write(s, b'a\n'); print(os.read(m, 9)); os.close(m)
try: print(os.read(s, 1))
except OSError as e: print(e.errno)
