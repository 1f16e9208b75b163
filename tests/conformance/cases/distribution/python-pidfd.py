import os, select, signal, subprocess, sys
child = subprocess.Popen(['/bin/sleep', '60'])
fd = os.pidfd_open(child.pid); print(os.get_inheritable(fd), select.select([fd], [], [], 0)[0] == [])
signal.pidfd_send_signal(fd, 0); signal.pidfd_send_signal(fd, signal.SIGTERM)
print(select.select([fd], [], [], 10)[0] == [fd]); found = os.waitid(os.P_PIDFD, fd, os.WEXITED | os.WNOWAIT)
print(found.si_code == os.CLD_KILLED, found.si_status, found.si_pid == child.pid, child.wait())
for attempt in lambda: signal.pidfd_send_signal(fd, 0), lambda: os.pidfd_open(child.pid), lambda: os.pidfd_open(-1), lambda: os.pidfd_open(os.getpid(), 3), lambda: os.waitid(os.P_PIDFD, fd, os.WEXITED), lambda: os.waitid(os.P_PIDFD, 0, os.WEXITED), lambda: signal.pidfd_send_signal(0, 0):
    try: print(attempt())
    except OSError as error: print(error.errno)
poll = select.epoll(); fds = {}
for n in range(3):
    if (pid := os.fork()) == 0: os._exit(n)
    fds[f := os.pidfd_open(pid)] = n; poll.register(f, select.EPOLLIN)
status = []
while fds:
    for ready, _ in poll.poll(10):
        status.append(os.waitid(os.P_PIDFD, ready, os.WEXITED).si_status); poll.unregister(ready); os.close(ready); del fds[ready]
print(sorted(status)); sys.stdout.flush()
import asyncio
async def main():
    process = await asyncio.create_subprocess_exec('/bin/sh', '-c', 'echo hi; exit 7', stdout=subprocess.PIPE)
    print((await process.communicate())[0], process.returncode)
asyncio.run(main())
