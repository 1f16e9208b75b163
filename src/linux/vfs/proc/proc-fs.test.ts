import { beforeEach, describe, expect, it } from 'vitest';
import { FILE_TYPE, O_RDONLY, O_RDWR, O_WRONLY } from '../constants.ts';
import { makeDevice } from '../environment.ts';
import type { FileDescription } from '../file-description.ts';
import { MemoryFileSystem } from '../memory/memory-fs.ts';
import { createPipe, type PipeEnd } from '../pipe.ts';
import { Fixture, TestClock, USER, expectErrno, text } from '../testing/fixture.ts';
import type { ProcessView } from '../types.ts';
import { ProcFileSystem } from './proc-fs.ts';
import { SysFileSystem } from './sys-fs.ts';

let fx: Fixture;
let open: Map<number, FileDescription>;
let alive: boolean;
let renamed: string | undefined;
let clock: TestClock;
let names: [which: string, name: string][];

function processView(pid: number, tid = pid): ProcessView {
  return {
    pid,
    tid,
    thread: (other) => processView(pid, other),
    comm: () => (tid === pid ? 'my prog' : 'my thread'),
    rename: (bytes) => void (renamed = Buffer.from(bytes).toString()),
    commandLine: () => text('/bin/prog\0-x\0'),
    environment: () => text('A=1\0'),
    auxiliaryVector: () => Uint8Array.of(1, 2, 3),
    executable: () => (pid === 42 ? fx.at('/bin/prog') : undefined),
    cwd: () => fx.at('/bin'),
    root: () => fx.vfs.root,
    maps: () => [
      {
        ...{ start: 0x10000, end: 0x12000, read: true, write: false, execute: true, shared: false, mayRead: true },
        ...{ mayWrite: false, mayExecute: true, growsDown: false, locked: true },
        ...{ offset: 0x1000, dev: 0x105, ino: 77, label: '/bin/a\nb' },
      },
      {
        ...{ start: 0x7ffe0000, end: 0x80000000, read: true, write: true, execute: false, shared: true, mayRead: true },
        ...{ mayWrite: true, mayExecute: true, growsDown: true, locked: false },
        ...{ offset: 0, dev: 0, ino: 0, label: '' },
      },
    ],
    status: () => ({
      ...{
        state: tid === pid ? 'R' : 'S',
        parentPid: 1,
        processGroup: 42,
        session: 41,
        credentials: USER,
        capabilities: [1n, 2n, 3n, 4n, 5n],
        noNewPrivileges: true,
        threads: [42, 43],
      },
      terminal: { device: makeDevice(136, 3), foregroundGroup: 42 },
      ...{ virtualSize: 1 << 20, lockedSize: 8192, residentSize: 5000, startTime: 1_230_000_000n },
      ...{ userTime: 2_000_000_000n, systemTime: 50_000_000n, umask: 0o22, nice: 0, signals: [1n, 2n, 4n, 1n << 63n] },
      ...{ stackStart: 4096, brkStart: 8192 },
    }),
    descriptions: () => open,
    limits: () => [{ name: 'Max open files', soft: 1024n, hard: undefined, unit: 'files' }],
  };
}

beforeEach(() => {
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  open = new Map();
  alive = true;
  clock = new TestClock();
  names = [];
  for (const path of ['/proc', '/sys', '/bin']) fx.mkdir(path);
  fx.write('/bin/prog', 'elf', 0o755);
  const proc = new ProcFileSystem(fx.vfs.environment, {
    machine: {
      ...{
        osRelease: '6.1.0',
        osVersion: '#1 SMP',
        hostname: () => 'box',
        domainname: () => '(none)',
        setName: (which, name) => names.push([which, name]),
        cpus: 2,
        cpuInfo: 'isa\n',
      },
      ...{ memoryTotal: 1 << 30, memoryFree: () => 1 << 29, cpuTime: () => 3_000_000_000n },
    },
    processes: {
      pids: () => (alive ? [42, 50] : []),
      get: (pid) => (alive && [42, 50].includes(pid) ? processView(pid) : undefined),
    },
    clock,
    random: (bytes) => bytes.fill(0xff),
    vfs: () => fx.vfs,
  });
  fx.vfs.mount(proc, fx.at('/proc'));
  fx.vfs.mount(new SysFileSystem(fx.vfs.environment, { cpus: 2 }), fx.at('/sys'), {
    readOnly: true,
    flags: { noexec: true },
  });
  fx.context = { ...fx.context, pid: 42, tid: 43 };
});

describe('/proc/<pid>', () => {
  it('shows command line, environment, name and limits', () => {
    expect(fx.read('/proc/self/cmdline')).toBe('/bin/prog\0-x\0');
    expect(fx.read('/proc/42/environ')).toBe('A=1\0');
    expect(fx.read('/proc/42/comm')).toBe('my prog\n');
    expect(fx.read('/proc/42/auxv')).toBe('\x01\x02\x03');
    expect(fx.read('/proc/self/limits').split('\n')[1]).toBe(
      'Max open files            1024                 unlimited            files     ',
    );
    expect(fx.stat('/proc/42/environ')).toMatchObject({ mode: FILE_TYPE.file | 0o400, uid: 1000, size: 0 });
  });

  it('has a stat line of 52 fields, each in its place', () => {
    const line = fx.read('/proc/42/stat');
    expect(line.startsWith('42 (my prog) R 1 42 41 34819 42 0 ')).toBe(true);
    const fields = line.trim().replace('(my prog)', 'name').split(' ');
    expect(fields.length).toBe(52);
    // proc_pid_stat(5) counts from 1: utime, stime, num_threads, starttime, vsize, rss, startstack, start_brk.
    expect([14, 15, 20, 22, 23, 24, 28, 47].map((number) => fields[number - 1])).toEqual([
      ...['200', '5', '2', '123', '1048576', '2', '4096', '8192'],
    ]);
    expect(fx.read('/proc/42/statm')).toBe('256 2 0 0 0 256 0\n');
  });

  it('shows each thread with its own number, name and state', () => {
    expect(fx.read('/proc/42/task/42/stat').startsWith('42 (my prog) R 1 ')).toBe(true);
    expect(fx.read('/proc/42/task/43/stat').startsWith('43 (my thread) S 1 ')).toBe(true);
    expect(fx.read('/proc/self/task/43/comm')).toBe('my thread\n');
    expect(fx.read('/proc/42/task/43/status')).toMatch(/^Name:\tmy thread\n[^]*\nTgid:\t42\n[^]*\nPid:\t43\n/);
    expect(fx.read('/proc/42/task/43/cmdline')).toBe('/bin/prog\0-x\0');
  });

  it('has a status that tools can parse', () => {
    const rows = new Map(
      fx
        .read('/proc/42/status')
        .trim()
        .split('\n')
        .map((line) => line.split(':\t') as [string, string]),
    );
    expect(Object.fromEntries(rows)).toMatchObject({
      ...{ Name: 'my prog', State: 'R (running)', Pid: '42', PPid: '1', Threads: '2', Umask: '0022' },
      ...{
        Uid: '1000\t1000\t1000\t1000',
        Groups: '2000 ',
        VmSize: '    1024 kB',
        VmLck: '       8 kB',
        VmRSS: '       5 kB',
        FDSize: '64',
      },
      ...{ ShdPnd: '0000000000000001', SigBlk: '0000000000000002', SigCgt: '8000000000000000' },
      ...{ CapInh: '0000000000000001', CapPrm: '0000000000000002', CapEff: '0000000000000003' },
      ...{ CapBnd: '0000000000000004', CapAmb: '0000000000000005', NoNewPrivs: '1', Seccomp: '0' },
    });
  });

  it('tells of each area how much of it there is', () => {
    const [first = '', second = ''] = fx.read('/proc/self/smaps').split(/(?=^7ffe0000)/m);
    expect(first).toMatch(/^00010000-00012000 r-xp [^]*\nRss: *8 kB\n[^]*\nLocked: *8 kB\n/);
    expect(first).toMatch(/\nAnonymous: *0 kB\n[^]*\nVmFlags: rd ex mr me lo \n$/);
    expect(second).toMatch(/\nShared_Dirty: *128 kB\nPrivate_Clean: *0 kB\nPrivate_Dirty: *0 kB\n/);
    expect(second).toMatch(/\nLocked: *0 kB\n[^]*\nVmFlags: rd wr sh mr mw me gd \n$/);
  });

  it('shows the map in the columns of Linux', () => {
    expect(fx.read('/proc/self/maps')).toBe(
      `${'00010000-00012000 r-xp 00001000 01:05 77'.padEnd(72)} /bin/a\\012b\n` +
        '7ffe0000-80000000 rw-s 00000000 00:00 0\n',
    );
  });

  it('leads to the executable, the directories and the open files', () => {
    const link = (path: string): string => fx.vfs.readlink(fx.context, fx.at(path, false));
    expect(link('/proc/self')).toBe('42');
    expect(link('/proc/thread-self')).toBe('42/task/43');
    expect(link('/proc/self/exe')).toBe('/bin/prog');
    expect(link('/proc/self/cwd')).toBe('/bin');
    expect(link('/proc/self/root')).toBe('/');
    expect(fx.read('/proc/self/exe')).toBe('elf');
    expect(fx.read('/proc/self/cwd/prog')).toBe('elf');
    expect(fx.vfs.pathOf(fx.at('/proc/self/cwd/..'))).toBe('/');
    expect(fx.read('/proc/thread-self/comm')).toBe('my thread\n');
    expectErrno('ENOENT', () => fx.at('/proc/50/exe'));
    const { read, write } = createPipe(fx.vfs);
    open.set(0, read).set(7, fx.open('/bin/prog'));
    expect(link('/proc/self/fd/0')).toMatch(/^pipe:\[\d+\]$/);
    expect(link('/proc/self/fd/7')).toBe('/bin/prog');
    expect(fx.list('/proc/self/fd')).toEqual(['0', '7']);
    fx.unlink('/bin/prog');
    expect(link('/proc/self/fd/7')).toBe('/bin/prog (deleted)');
    // The link leads to the file itself, although its text leads nowhere.
    expect(fx.read('/proc/self/fd/7')).toBe('elf');
    const again = fx.open('/proc/self/fd/0', O_WRONLY);
    write.release();
    again.write(text('x'));
    expect(read.read(new Uint8Array(2))).toBe(1);
    for (const name of ['1', '00', '+7', '7x', '99999999999'])
      expectErrno('ENOENT', () => fx.at(`/proc/self/fd/${name}`));
    again.release();
  });

  it('lists what can be looked up, with the same numbers, and ends', () => {
    open.set(3, fx.open('/bin/prog'));
    const numbers = new Set<number>();
    let count = 0;
    const visit = (path: string): void => {
      for (const { name, ino, kind } of fx.entries(path)) {
        const full = `${path}/${name}`;
        expect([full, fx.lstat(full).ino]).toEqual([full, ino]);
        count++;
        numbers.add(ino);
        if (kind === 'directory') visit(full);
      }
    };
    visit('/proc');
    expect(count).toBeGreaterThan(80);
    expect(numbers.size).toBeGreaterThan(80);
    visit('/sys');
  });

  it('keeps the private parts of a process from others', () => {
    open.set(3, fx.open('/bin/prog'));
    fx.as({ uid: 1001, gid: 1001, groups: [] });
    expect(fx.read('/proc/42/cmdline')).toBe('/bin/prog\0-x\0');
    for (const path of ['/proc/42/environ', '/proc/42/auxv', '/proc/42/fd/3', '/proc/42/exe', '/proc/42/cwd/prog'])
      expectErrno('EACCES', () => fx.open(path));
    expectErrno('EACCES', () => fx.list('/proc/42/fd'));
    expectErrno('EACCES', () => fx.vfs.readlink(fx.context, fx.at('/proc/42/root', false)));
    fx.as(USER);
    expect(fx.read('/proc/42/environ')).toBe('A=1\0');
  });

  it('goes with the process', () => {
    const status = fx.at('/proc/42/status');
    const directory = fx.open('/proc/42', O_RDONLY);
    fx.chdir('/proc/42');
    alive = false;
    expectErrno('ENOENT', () => fx.at('/proc/42'));
    expectErrno('ENOENT', () => fx.at('status'));
    expectErrno('ENOENT', () => fx.vfs.openLocation(fx.context, status, O_RDONLY));
    expect(status.dentry.inode.stat().uid).toBe(0);
    directory.release();
    expect(fx.list('/proc')).not.toContain('42');
  });
});

describe('/proc', () => {
  it('describes the machine', () => {
    expect(fx.read('/proc/version')).toBe('Linux version 6.1.0 (hospes) #1 SMP\n');
    expect(fx.read('/proc/cpuinfo')).toBe('isa\n');
    expect(fx.read('/proc/meminfo')).toMatch(/^MemTotal: {8}1048576 kB\nMemFree: {10}524288 kB\n/);
    expect(fx.read('/proc/uptime')).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
    expect(fx.read('/proc/loadavg')).toBe('0.00 0.00 0.00 2/2 50\n');
    expect(fx.read('/proc/stat')).toMatch(/^cpu {2}300 0 .*\ncpu0 300 .*\ncpu1 0 .*\nintr 0\n/);
    expect(fx.read('/proc/stat')).toContain('btime 1700000000\n');
    expect(fx.read('/proc/filesystems')).toContain('nodev\ttmpfs\n');
    expect(fx.read('/proc/sys/kernel/hostname')).toBe('box\n');
    expect(fx.read('/proc/sys/kernel/osrelease')).toBe('6.1.0\n');
    expect(fx.read('/proc/sys/kernel/ostype')).toBe('Linux\n');
    expect(fx.read('/proc/sys/kernel/version')).toBe('#1 SMP\n');
    expect(fx.read('/proc/sys/kernel/random/uuid')).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff\n');
    for (const path of ['kernel/pid_max', 'vm/overcommit_memory', 'kernel/ngroups_max', 'fs/pipe-max-size'])
      expect(fx.read(`/proc/sys/${path}`)).toMatch(/^\d+\n$/);
  });

  it('lists the mounts as seen from a root', () => {
    expect(fx.read('/proc/mounts')).toBe(
      'tmpfs / tmpfs rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\nsysfs /sys sysfs ro,noexec,relatime 0 0\n',
    );
    fx.mkdir('/a b');
    fx.vfs.mount(new MemoryFileSystem(fx.vfs.environment), fx.at('/a b'), { flags: { nosuid: true } });
    expect(fx.read('/proc/mounts')).toContain('tmpfs /a\\040b tmpfs rw,nosuid,relatime 0 0\n');
    fx.mkdir('/a b/c');
    fx.vfs.mount(new MemoryFileSystem(fx.vfs.environment), fx.at('/a b/c'), { source: 'x y', readOnly: true });
    // The devices: those of the file systems, in the order in which they were made.
    const rows = fx.read('/proc/42/mountinfo').split('\n');
    expect(rows.map((row) => row.replace(/ 0:\d+ /, ' D '))).toEqual([
      '2 1 D / / rw,relatime - tmpfs tmpfs rw',
      '3 2 D / /proc rw,relatime - proc proc rw',
      '4 2 D / /sys ro,noexec,relatime - sysfs sysfs rw',
      '5 2 D / /a\\040b rw,nosuid,relatime - tmpfs tmpfs rw',
      '6 5 D / /a\\040b/c ro,relatime - tmpfs x\\040y rw',
      '',
    ]);
    expect(Number(/ 0:(\d+) /.exec(rows[4] ?? '')?.[1])).toBe(fx.stat('/a b/c').dev);
    fx.vfs.unmount(fx.at('/a b/c'));
    expect(fx.read('/proc/42/mountinfo')).not.toContain('x\\040y');
  });

  it('takes no changes', () => {
    expectErrno('EACCES', () => fx.open('/proc/version', O_RDWR));
    expectErrno('EACCES', () => fx.write('/proc/new', ''));
    expectErrno('EACCES', () => fx.mkdir('/proc/new'));
    expectErrno('EACCES', () => fx.symlink('x', '/proc/new'));
    expectErrno('EACCES', () => fx.vfs.mknod(fx.context, '/proc/new', FILE_TYPE.fifo, 0));
    expectErrno('EACCES', () => fx.link('/proc/version', '/proc/new'));
    expectErrno('EACCES', () => fx.vfs.truncate(fx.context, fx.at('/proc/version'), 0));
    expectErrno('EPERM', () => fx.unlink('/proc/version'));
    expectErrno('EPERM', () => fx.rmdir('/proc/sys'));
    expectErrno('EPERM', () => fx.rename('/proc/version', '/proc/v'));
    expectErrno('EPERM', () => fx.vfs.changeMode(fx.context, fx.at('/proc/version'), 0));
    expect(fx.vfs.statistics(fx.at('/proc')).type).toBe(0x9fa0);
  });

  it('takes a process its own name, and settings', () => {
    const write = (path: string, value: string): void => {
      const description = fx.open(path, O_WRONLY);
      try {
        expect(description.write(text(value))).toBe(value.length);
      } finally {
        description.release();
      }
    };
    write('/proc/self/comm', 'other');
    expect(renamed).toBe('other');
    expectErrno('EINVAL', () => write('/proc/50/comm', 'other'));
    write('/proc/sys/fs/pipe-max-size', '5000\n');
    expect(fx.read('/proc/sys/fs/pipe-max-size')).toBe('8192\n');
    write('/proc/sys/kernel/hostname', 'other\nrest');
    write('/proc/sys/kernel/domainname', 'x'.repeat(100));
    expect(names).toEqual([
      ['hostname', 'other'],
      ['domainname', 'x'.repeat(64)],
    ]);
    expectErrno('EINVAL', () => write('/proc/sys/fs/pipe-max-size', '-1'));
    expectErrno('EINVAL', () => write('/proc/sys/fs/pipe-max-size', 'many'));
    const capacity = (uid: number): number => {
      const { read, write: end } = createPipe(fx.vfs, 0, { uid, gid: 0, groups: [] });
      end.release();
      read.release();
      return (read.file as PipeEnd).pipe.capacity;
    };
    expect([capacity(0), capacity(1000)]).toEqual([65536, 8192]);
    fx.context = { ...fx.context, credentials: USER };
    expectErrno('EACCES', () => write('/proc/sys/fs/pipe-max-size', '4096'));
  });

  it('keeps a text as it was when it was opened', () => {
    const description = fx.open('/proc/uptime');
    const [first, second] = [new Uint8Array(8), new Uint8Array(8)];
    description.read(first);
    clock.now += 5_000_000_000n;
    description.pread(second, 0);
    expect(second).toEqual(first);
    description.release();
    expect(fx.read('/proc/uptime').startsWith(new TextDecoder().decode(first))).toBe(false);
  });
});

describe('/sys', () => {
  it('counts processors', () => {
    for (const name of ['online', 'possible', 'present'])
      expect(fx.read(`/sys/devices/system/cpu/${name}`)).toBe('0-1\n');
    const single = new SysFileSystem(fx.vfs.environment, { cpus: 1 });
    fx.mkdir('/one');
    fx.vfs.mount(single, fx.at('/one'));
    expect(fx.read('/one/devices/system/cpu/online')).toBe('0\n');
    expect(fx.vfs.statistics(fx.at('/one')).type).toBe(0x62656572);
  });
});
