import ctypes, os, select, struct
libc = ctypes.CDLL(None, use_errno=True); names = {0x1: 'ACCESS', 0x2: 'MODIFY', 0x4: 'ATTRIB', 0x8: 'CLOSE_WRITE', 0x10: 'CLOSE_NOWRITE', 0x20: 'OPEN', 0x40: 'MOVED_FROM', 0x80: 'MOVED_TO', 0x100: 'CREATE', 0x200: 'DELETE', 0x400: 'DELETE_SELF', 0x800: 'MOVE_SELF', 0x8000: 'IGNORED', 0x40000000: 'ISDIR'}
fd = libc.inotify_init1(os.O_NONBLOCK)
def events():
    out = []; d = b''
    while select.select([fd], [], [], 0.05)[0]: d += os.read(fd, 4096)
    while d:
        wd, mask, cookie, n = struct.unpack_from('iIII', d); out.append((wd, '|'.join(v for k, v in names.items() if mask & k), cookie != 0, d[16:16 + n].rstrip(b'\0').decode())); d = d[16 + n:]
    return out
for place in '/dev/shm/i', '/work/i':
    os.mkdir(place); w = libc.inotify_add_watch(fd, place.encode(), 0xfff); print(w)
    with open(place + '/f', 'w') as f: f.write('x')
    print(events()); open(place + '/f').read(); print(events()); os.rename(place + '/f', place + '/g'); os.chmod(place + '/g', 0o600); os.mkdir(place + '/d'); print(events())
    v = libc.inotify_add_watch(fd, (place + '/g').encode(), 0xfff); os.truncate(place + '/g', 5); os.link(place + '/g', place + '/h'); os.unlink(place + '/h'); os.unlink(place + '/g'); print(events()); print(libc.inotify_rm_watch(fd, v), ctypes.get_errno()); os.rmdir(place + '/d'); os.rmdir(place); print(events())
print(libc.inotify_add_watch(fd, b'/none', 2), ctypes.get_errno(), libc.inotify_add_watch(fd, b'/tmp', 0), ctypes.get_errno(), libc.inotify_rm_watch(fd, 99), libc.inotify_rm_watch(0, 1), ctypes.get_errno())
w = libc.inotify_add_watch(fd, b'/tmp', 0x100 | 0x80000000); open('/tmp/a', 'w').close(); os.unlink('/tmp/a'); open('/tmp/b', 'w').close(); os.unlink('/tmp/b'); print(events())
try: os.read(fd, 99)
except OSError as e: print(e.errno)
