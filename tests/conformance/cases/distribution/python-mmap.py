import ctypes, errno, mmap, os, signal, struct, sys
P = mmap.PAGESIZE
m = mmap.mmap(-1, 4 * P); m[0:4] = b'zero'
if os.fork() == 0: m[0:5] = b'child'; m[P] = 7; os._exit(0)
os.wait(); print(m[:5], m[P]); p = mmap.mmap(-1, P, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS); p[:6] = b'parent'
if os.fork() == 0: p[:6] = b'hidden'; os._exit(0)
os.wait(); print(p[:6])
for place in '/work/f', '/dev/shm/f', '/tmp/f':
    fd = os.open(place, os.O_CREAT | os.O_RDWR); os.write(fd, b'x' * (2 * P + 10)); a = mmap.mmap(fd, 0); b = mmap.mmap(fd, P, offset=P, access=mmap.ACCESS_READ); c = mmap.mmap(fd, P, access=mmap.ACCESS_COPY)
    a[P:P + 3] = b'yes'; c[:4] = b'copy'; a.flush(); print(len(a), b[:3], a[:4]); print(os.pread(fd, 4, P), os.pread(fd, 4, 0)); os.pwrite(fd, b'file', P + 100); print(a[P + 100:P + 104], b[100:104])
    if os.fork() == 0: m2 = mmap.mmap(os.open(place, os.O_RDWR), 0); m2[5:10] = b'other'; m2.flush(); os._exit(0)
    os.wait(); print(a[5:10], a[2 * P + 9:2 * P + 12], a.find(b'yes'), a.rfind(b'x')); a.move(0, P, 3); print(a[:3])
    try: a.resize(3 * P); print(len(a), os.fstat(fd).st_size)
    except (OSError, SystemError, ValueError) as e: print(type(e).__name__)
    a.close(); b.close(); c.close(); e = mmap.mmap(fd, P); os.unlink(place); e[:4] = b'gone'; print(os.pread(fd, 4, 0)); e.close(); os.close(fd)
for bad in lambda: mmap.mmap(os.open('/work', os.O_RDONLY), P), lambda: mmap.mmap(os.open('main.py', os.O_RDONLY), 0), lambda: mmap.mmap(os.pipe()[0], P), lambda: mmap.mmap(-1, 0), lambda: mmap.mmap(os.open('main.py', os.O_RDONLY), P, offset=5, access=mmap.ACCESS_READ):
    try: print(bad())
    except OSError as e: print(errno.errorcode[e.errno])
    except ValueError as e: print(e)
def dies(f):
    sys.stdout.flush(); pid = os.fork()
    if pid == 0: f(); os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
libc = ctypes.CDLL(None, use_errno=True); libc.mmap.restype = ctypes.c_void_p; libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]; libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]; libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]; libc.mremap.restype = ctypes.c_void_p; libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]; libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]; libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
at = libc.mmap(None, 4 * P, 3, 0x22, -1, 0); ctypes.memset(at, 65, 4 * P); print(libc.mprotect(at + P, P, 1), dies(lambda: ctypes.memset(at + P, 1, 1)), dies(lambda: ctypes.memset(at + 2 * P, 1, 1)), ctypes.string_at(at + P, 2)); print(libc.munmap(at + P, P), dies(lambda: ctypes.string_at(at + P, 1)), ctypes.string_at(at + 2 * P, 2)); print(libc.mprotect(at, 4 * P, 3), ctypes.get_errno() == errno.ENOMEM); print(libc.munmap(at + 1, P), ctypes.get_errno() == errno.EINVAL)
print(libc.mmap(at + P, P, 3, 0x22 | 0x100000, -1, 0) == at + P, ctypes.string_at(at + P, 2)); libc.mmap(at, P, 3, 0x32, -1, 0); print(ctypes.string_at(at, 2)); ctypes.memset(at, 66, P); big = libc.mremap(at, P, 8 * P, 1); print(ctypes.string_at(big, 2), ctypes.string_at(big + 7 * P, 2)); print(libc.madvise(big, P, 4), ctypes.string_at(big, 2)); fd = os.open('g', os.O_CREAT | os.O_RDWR); os.ftruncate(fd, 10); f = libc.mmap(None, 2 * P, 1, 1, fd, 0); print(ctypes.string_at(f, 3), -dies(lambda: ctypes.string_at(f + P, 1)) == signal.SIGBUS, libc.mprotect(f, P, 2)); os.unlink('g')
