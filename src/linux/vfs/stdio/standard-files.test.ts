import { beforeEach, describe, expect, it } from 'vitest';
import { HostFileError } from '../../../platform/types.ts';
import type {
  Cancel,
  HostOutput,
  HostStat,
  HostStdin,
  HostStreamFile,
  HostStreamKind,
  HostTerminal,
  StreamResult,
} from '../../../platform/types.ts';
import { FILE_TYPE, O_RDONLY, O_WRONLY, POLLERR, POLLHUP, POLLIN, POLLOUT, S_IFMT } from '../constants.ts';
import { createDevFileSystem } from '../dev/dev-fs.ts';
import { makeDevice } from '../environment.ts';
import { MemoryFileSystem } from '../memory/memory-fs.ts';
import { Notifier } from '../notifier.ts';
import { Fixture, TestIoctlArgument, USER, expectErrno, readAll, text, untext } from '../testing/fixture.ts';
import { openStandardFiles } from './standard-files.ts';
import type { StandardFiles } from './standard-files.ts';
import * as tty from './termios.ts';

class FakeTerminal implements HostTerminal {
  raw = false;
  readonly resized = new Notifier();

  size(): { rows: number; columns: number } {
    return { rows: 40, columns: 132 };
  }

  onResize(listener: () => void): Cancel {
    return this.resized.subscribe(listener);
  }

  setRaw(raw: boolean): void {
    this.raw = raw;
  }
}

class FakeInput implements HostStdin {
  readonly kind: HostStreamKind;
  readonly terminal?: HostTerminal;
  readonly file?: HostStreamFile;
  readonly changes = new Notifier();
  queue: (Uint8Array | 'EIO')[] = [];
  ended = false;

  constructor(kind: HostStreamKind, extras: { terminal?: HostTerminal; file?: HostStreamFile } = {}) {
    this.kind = kind;
    Object.assign(this, extras);
  }

  type(value: string): void {
    this.queue.push(text(value));
    this.changes.notify();
  }

  read(buffer: Uint8Array): StreamResult {
    const next = this.queue.shift();
    if (next === undefined) return this.ended ? 0 : 'again';
    if (next === 'EIO') return next;
    const part = next.subarray(0, buffer.length);
    buffer.set(part);
    if (part.length < next.length) this.queue.unshift(next.subarray(part.length));
    return part.length;
  }

  readable(): boolean {
    return this.queue.length > 0 || this.ended;
  }

  onReadable(listener: () => void): Cancel {
    return this.changes.subscribe(listener);
  }

  close(): void {
    this.ended = true;
  }
}

class FakeOutput implements HostOutput {
  readonly kind: HostStreamKind;
  readonly terminal?: HostTerminal;
  readonly file?: HostStreamFile;
  readonly changes = new Notifier();
  written = '';
  room = Infinity;
  gone = false;

  constructor(kind: HostStreamKind, extras: { terminal?: HostTerminal; file?: HostStreamFile } = {}) {
    this.kind = kind;
    Object.assign(this, extras);
  }

  write(bytes: Uint8Array): StreamResult {
    if (this.gone) return 'EPIPE';
    if (this.room === 0) return 'again';
    const part = bytes.subarray(0, this.room);
    this.written += untext(part);
    this.room -= part.length;
    return part.length;
  }

  writable(): boolean {
    return this.room > 0;
  }

  onWritable(listener: () => void): Cancel {
    return this.changes.subscribe(listener);
  }

  broken(): boolean {
    return this.gone;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.gone = true;
  }
}

class FakeFile implements HostStreamFile {
  readonly position = 2;
  bytes = text('0123456789');
  failing = false;
  synced = 0;

  stat(): HostStat {
    const fixed = { kind: 'file' as const, dev: 1n, ino: 1n, permissions: 0o640, nlink: 1, blocks: 8 };
    return { ...fixed, size: this.bytes.length, atime: 1n, mtime: 2n, ctime: 3n };
  }

  read(buffer: Uint8Array, position: number): number {
    if (this.failing) throw new HostFileError('EIO');
    const part = this.bytes.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  }

  write(buffer: Uint8Array, position: number): number {
    const grown = new Uint8Array(Math.max(this.bytes.length, position + buffer.length));
    grown.set(this.bytes);
    grown.set(buffer, position);
    this.bytes = grown;
    return buffer.length;
  }

  truncate(size: number): void {
    this.bytes = this.bytes.slice(0, size);
  }

  sync(): void {
    this.synced++;
  }
}

let fx: Fixture;
let dev: MemoryFileSystem;
let signals: string[];

beforeEach(() => {
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  fx.mkdir('/dev');
  dev = createDevFileSystem(fx.vfs.environment, () => undefined);
  fx.vfs.mount(dev, fx.at('/dev'));
  fx.as(USER);
  signals = [];
});

function standard(stdin: HostStdin, stdout: HostOutput, stderr: HostOutput): StandardFiles {
  const { vfs, context } = fx;
  return openStandardFiles({ vfs, context, dev, stdin, stdout, stderr, onSignal: (name) => signals.push(name) });
}

describe('pipes of the host', () => {
  it('carry bytes both ways, as much as there is room for', () => {
    const input = new FakeInput('pipe');
    const output = new FakeOutput('pipe');
    const files = standard(input, output, output);
    expect(files.terminal).toBeUndefined();
    expect(files.controllingTerminal).toBeUndefined();
    expect(files.stdin.file.stat()).toMatchObject({ mode: FILE_TYPE.fifo | 0o600, uid: 1000, gid: 1000 });
    let woken = 0;
    const cancel = files.stdin.file.onReady(() => woken++);
    expect(files.stdin.file.readiness()).toBe(0);
    expectErrno('EAGAIN', () => files.stdin.read(new Uint8Array(4)));
    input.type('\xff\0binary');
    expect(woken).toBe(1);
    expect(files.stdin.file.readiness() & POLLIN).toBe(POLLIN);
    expect(files.stdin.read(new Uint8Array(0))).toBe(0);
    const buffer = new Uint8Array(5);
    expect(files.stdin.read(buffer)).toBe(5);
    expect([...buffer.subarray(0, 3)]).toEqual([...text('\xff\0')]);
    cancel();
    input.ended = true;
    expect(untext(readAll(files.stdin))).toBe('nary');
    input.queue.push('EIO');
    expectErrno('EIO', () => files.stdin.read(buffer));
    output.room = 3;
    expect(files.stdout.write(text('hello'))).toBe(3);
    expectErrno('EAGAIN', () => files.stdout.write(text('lo')));
    expect(files.stdout.file.readiness()).toBe(0);
    files.stdout.file.onReady(() => woken++);
    output.room = Infinity;
    output.changes.notify();
    expect(woken).toBe(2);
    expect(files.stdout.file.readiness() & POLLOUT).toBe(POLLOUT);
    expect(files.stdout.write(text(''))).toBe(0);
    files.stderr.write(text('lo'));
    expect(output.written).toBe('hello');
  });

  it('break when the host closes the reader', () => {
    const output = new FakeOutput('pipe');
    const files = standard(new FakeInput('null'), output, new FakeOutput('socket'));
    output.gone = true;
    expect(files.stdout.file.readiness() & POLLERR).toBe(POLLERR);
    expectErrno('EPIPE', () => files.stdout.write(text('x')));
  });

  it('have the kinds of the host, and no terminal', () => {
    const files = standard(new FakeInput('null'), new FakeOutput('socket'), new FakeOutput('file'));
    const modes = [files.stdin, files.stdout, files.stderr].map(({ file }) => file.stat().mode & S_IFMT);
    expect(modes).toEqual([FILE_TYPE.char, FILE_TYPE.socket, FILE_TYPE.fifo]);
    expect(files.stdin.file.stat().rdev).toBe(makeDevice(1, 3));
    const labels = [files.stdin, files.stdout, files.stderr].map(({ location }) => fx.vfs.pathOf(location));
    expect(labels).toEqual(['/dev/null', expect.stringMatching(/^socket:\[\d+\]$/), expect.stringMatching(/^pipe:/)]);
    for (const { file } of [files.stdin, files.stdout])
      for (const request of [tty.TCGETS, tty.TIOCGWINSZ])
        expectErrno('ENOTTY', () => file.ioctl(request, new TestIoctlArgument()));
    expectErrno('EBADF', () => files.stdin.file.writeAt(text('x'), 0));
    expectErrno('EBADF', () => files.stdout.file.readAt(new Uint8Array(1), 0));
    expectErrno('EPERM', () => fx.vfs.changeMode(fx.context, files.stdout, 0o777));
    expectErrno('ESPIPE', () => files.stdin.seek(0, 1));
    fx.vfs.openLocation(fx.context, files.stderr.location, O_WRONLY).write(text('again'));
    expect(fx.vfs.statistics(files.stdin.location).blockSize).toBe(4096);
    expect(fx.exists('/dev/pts/0')).toBe(false);
  });
});

describe('files of the host', () => {
  it('begin where the host’s offset stands, and can be sought in', () => {
    const file = new FakeFile();
    const out = new FakeFile();
    const files = standard(
      new FakeInput('file', { file }),
      new FakeOutput('file', { file: out }),
      new FakeOutput('pipe'),
    );
    expect(files.stdin.file.stat()).toMatchObject({ mode: FILE_TYPE.file | 0o640, size: 10, uid: 1000 });
    expect(untext(readAll(files.stdin))).toBe('23456789');
    files.stdin.seek(0, 0);
    const again = fx.vfs.openLocation(fx.context, files.stdin.location, O_RDONLY);
    expect(untext(readAll(again))).toBe('0123456789');
    expect(files.stdin.seek(0, 3)).toBe(0);
    expect(files.stdin.seek(0, 4)).toBe(10);
    expectErrno('ENXIO', () => files.stdin.seek(10, 3));
    file.failing = true;
    expectErrno('EIO', () => files.stdin.pread(new Uint8Array(1), 0));
    files.stdout.write(text('AB'));
    files.stdout.setStatusFlags(0o2000);
    files.stdout.write(text('end'));
    expect(untext(out.bytes)).toBe('01AB456789end');
    files.stdout.file.truncate(3);
    fx.vfs.truncate(fx.as({ uid: 0, gid: 0, groups: [] }).context, files.stdout.location, 2);
    files.stdout.file.sync();
    expect([untext(out.bytes), out.synced]).toEqual(['01', 1]);
    expectErrno('EOPNOTSUPP', () => files.stdout.file.allocate(0, 0, 1));
    expectErrno('EPERM', () => fx.vfs.changeMode(fx.context, files.stdout, 0));
  });
});

describe('a terminal of the host', () => {
  let host: FakeTerminal;
  let input: FakeInput;
  let output: FakeOutput;
  let files: StandardFiles;

  beforeEach(() => {
    host = new FakeTerminal();
    input = new FakeInput('tty', { terminal: host });
    output = new FakeOutput('tty', { terminal: host });
    files = standard(input, output, new FakeOutput('pipe'));
  });

  function ioctl(request: number, bytes: Uint8Array = new Uint8Array(), value = 0x1000n): Uint8Array {
    const argument = new TestIoctlArgument(bytes, value);
    expect(files.stdin.file.ioctl(request, argument)).toBe(0);
    return argument.bytes;
  }

  function setLocalFlags(change: (flags: number) => number, minimum = 1, request: number = tty.TCSETS): void {
    const termios = tty.decodeTermios(ioctl(tty.TCGETS));
    const control = termios.control.slice();
    control[tty.VMIN] = minimum;
    const changed = { ...termios, localFlags: change(termios.localFlags), control };
    ioctl(request, tty.encodeTermios(changed, tty.TERMIOS_SIZE));
  }

  it('is /dev/pts/0 and the controlling terminal', () => {
    expect(files.stdin.file.stat()).toMatchObject({
      rdev: makeDevice(136, 0),
      mode: FILE_TYPE.char | 0o620,
      uid: 1000,
    });
    expect(fx.vfs.pathOf(files.stdout.location)).toBe('/dev/pts/0');
    expect(files.controllingTerminal).toBe(files.stdin.file.inode);
    fx.context = { ...fx.context, controllingTerminal: files.controllingTerminal };
    const again = fx.open('/dev/tty', O_WRONLY);
    again.write(text('to the user'));
    expect(output.written).toBe('to the user');
    // A terminal is open both ways, whatever the number of the descriptor.
    files.stdin.write(text('!'));
    expect(output.written).toBe('to the user!');
    expect(files.stderr.file.stat().mode & S_IFMT).toBe(FILE_TYPE.fifo);
  });

  it('tells its size and its modes', () => {
    const size = new DataView(ioctl(tty.TIOCGWINSZ).buffer);
    expect([0, 2, 4, 6].map((offset) => size.getUint16(offset, true))).toEqual([40, 132, 0, 0]);
    expect(ioctl(tty.TCGETS).length).toBe(36);
    expect(ioctl(tty.TCGETS2).length).toBe(44);
    expect(tty.decodeTermios(ioctl(tty.TCGETS))).toEqual(tty.saneTermios);
    ioctl(tty.TCSBRK, undefined, 1n);
    expectErrno('EINVAL', () => files.stdin.file.ioctl(tty.TCSBRK, new TestIoctlArgument(undefined, 0n)));
    expectErrno('ENOTTY', () => files.stdin.file.ioctl(0x1234, new TestIoctlArgument()));
    let resized = 0;
    files.terminal?.onResize(() => resized++);
    host.resized.notify();
    expect(resized).toBe(1);
  });

  it('leaves lines to the host while the usual modes are set', () => {
    expectErrno('EAGAIN', () => files.stdin.read(new Uint8Array(9)));
    expect(files.stdin.file.readiness() & POLLIN).toBe(0);
    input.type('line\n');
    expect(files.stdin.file.readiness() & POLLIN).toBe(POLLIN);
    const buffer = new Uint8Array(9);
    expect(files.stdin.read(buffer)).toBe(5);
    expect(host.raw).toBe(false);
    expect(output.written).toBe('');
    expect(files.stdin.read(new Uint8Array(0))).toBe(0);
    input.queue.push('EIO');
    expectErrno('EIO', () => files.stdin.read(buffer));
    input.ended = true;
    expect(files.stdin.read(buffer)).toBe(0);
  });

  it('makes the host raw for other modes and edits by itself', () => {
    setLocalFlags((flags) => flags & ~tty.ECHO);
    expect(host.raw).toBe(true);
    let woken = 0;
    const cancel = files.stdin.file.onReady(() => woken++);
    input.type('sec');
    expect(woken).toBe(1);
    expect(files.stdin.file.readiness() & POLLIN).toBe(0);
    expectErrno('EAGAIN', () => files.stdin.read(new Uint8Array(9)));
    input.type('x\x7fret\r');
    expect([...ioctl(tty.FIONREAD)]).toEqual([7, 0, 0, 0]);
    const buffer = new Uint8Array(9);
    expect(files.stdin.read(buffer)).toBe(7);
    expect(untext(buffer.subarray(0, 7))).toBe('secret\n');
    expect(output.written).toBe('');
    input.type('\x03');
    expect(files.stdin.file.readiness() & POLLIN).toBe(0);
    expect(signals).toEqual(['SIGINT']);
    cancel();
    setLocalFlags((flags) => flags | tty.ECHO);
    expect(host.raw).toBe(false);
  });

  it('gives keys at once without line editing', () => {
    setLocalFlags((flags) => flags & ~(tty.ICANON | tty.ECHO | tty.ISIG), 1, tty.TCSETSF);
    expectErrno('EAGAIN', () => files.stdin.read(new Uint8Array(1)));
    setLocalFlags((flags) => flags, 0);
    expect(files.stdin.read(new Uint8Array(1))).toBe(0);
    input.type('q\x03');
    ioctl(tty.TCFLSH, undefined, 1n);
    const buffer = new Uint8Array(4);
    expect(files.stdin.read(buffer)).toBe(2);
    input.type('dropped');
    ioctl(tty.TCFLSH, undefined, 0n);
    expect(files.stdin.read(buffer)).toBe(0);
    input.ended = true;
    expect(files.stdin.file.readiness() & POLLIN).toBe(POLLIN);
    expect(files.stdin.read(buffer)).toBe(0);
    files.terminal?.restore();
    expect(host.raw).toBe(false);
    files.terminal?.restore();
  });

  it('waits for a terminal that takes nothing, and sees it go', () => {
    output.room = 0;
    expect(files.stdout.file.readiness() & POLLOUT).toBe(0);
    expectErrno('EAGAIN', () => files.stdout.write(text('x')));
    output.gone = true;
    expect(files.stdout.file.readiness() & POLLHUP).toBe(POLLHUP);
  });
});

describe('half a terminal', () => {
  it('works with output alone, and with input alone', () => {
    const host = new FakeTerminal();
    const output = new FakeOutput('tty', { terminal: host });
    const files = standard(new FakeInput('pipe'), new FakeOutput('pipe'), output);
    expect(files.controllingTerminal).toBe(files.stderr.file.inode);
    expect(files.stderr.read(new Uint8Array(1))).toBe(0);
    expect(files.stderr.file.readiness() & POLLIN).toBe(POLLIN);
    files.stderr.write(text('error'));
    expect(output.written).toBe('error');
  });

  it('has nowhere to write without output', () => {
    const input = new FakeInput('tty', { terminal: new FakeTerminal() });
    const files = standard(input, new FakeOutput('pipe'), new FakeOutput('pipe'));
    expectErrno('EIO', () => files.stdin.write(text('x')));
    expect(files.stdin.file.readiness() & POLLOUT).toBe(POLLOUT);
  });
});
