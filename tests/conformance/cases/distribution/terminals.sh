run() { script -qec "$1" /dev/null < /dev/null | tr -d '\r'; }
run 'stty -a | head -n 3; stty -echo -icanon min 3 time 2; stty -a | grep -o "min = 3; time = 2\|-echo \|-icanon"; stty sane; stty rows 40 cols 99; stty size; tput cols; stty 9600; stty speed; stty -g | tr -cd : | wc -c' | sed 's/^speed.*rows.*/speed/'
run 'tty | sed "s,[0-9]*$,N,"; test -t 0 -a -t 1 -a -t 2 && echo all; ls -l /dev/tty | cut -c1; echo direct > /dev/tty; [ "$(ps -o pgid= -p $$)" = "$(ps -o tpgid= -p $$)" ] && echo foreground; setsid sh -c ": < /dev/tty" 2>&1 | sed "s/.*: //"; stty < /dev/null 2>&1 | sed "s/.*: //"'
run 'bash -c "trap \"echo winch; exit 4\" WINCH; stty rows 11; for n in 1 2 3 4 5 6 7 8 9; do sleep 0.1; done"; echo $?'; run 'trap "echo ttou; exit 1" TTOU; bash -c "set -m; stty tostop; echo from behind & until jobs | grep -q Stopped; do sleep 0.05; done; jobs; fg > /dev/null"'; run 'bash -c "set -m; cat < /dev/tty & until jobs | grep -q Stopped; do sleep 0.05; done; jobs; kill -KILL %1"'
for t in xterm vt100 dumb screen-256color; do echo $t $(tput -T $t colors) $(tput -T $t cup 3 4 | od -An -c) $(tput -T $t bold | od -An -c); done; tput -T none cols 2>&1 | sed 's/.*: //'; infocmp -1 vt100 | grep -c =; mkdir ti; printf 'mine|my terminal,\n\tam, cols#33, clear=\\E[X,\n' > mine; TERMINFO=$PWD/ti tic mine; TERMINFO=$PWD/ti tput -T mine cols; TERMINFO=$PWD/ti tput -T mine clear | od -An -c
python3 - <<'P'
import curses, fcntl, os, pty, select, struct, termios, re
pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm'
    def main(s):
        s.addstr(2, 4, 'curses', curses.A_BOLD); s.refresh(); y, x = s.getmaxyx(); keys = [s.getkey() for _ in range(3)]; s.addstr(4, 0, f'{y}x{x} {keys}'); s.refresh(); s.getkey()
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 20, 70, 0, 0)); curses.wrapper(main); os._exit(5)
text = b''
def until(what):
    global text
    while what not in text: assert select.select([fd], [], [], 60)[0], text; text += os.read(fd, 4096)
until(b'curses'); os.write(fd, b'a\x1bOA\x7f'); until(b']'); m = re.search(rb'20x70 (\[.*?\'\])', text); until(b"'KEY_BACKSPACE'"); print(re.search(rb"20x70 (\[.*?\])", text)[1].decode()); os.write(fd, b'q')
try:
    while os.read(fd, 4096): pass
except OSError: pass
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
rm -r ti mine
