import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { HostFileError } from '../types.ts';
import { NodeClock, setNodeTimer } from './clock.ts';
import { DescriptorAccess, VerifiedAccess } from './directory-access.ts';
import { hostErrorCode, nodeErrorCode, translateErrors } from './host-errors.ts';
import { NodeHostFolder } from './host-folder.ts';
import { createNodePlatform } from './node-platform.ts';
import { DescriptorOutput, NullOutput } from './output.ts';
import { FileInput, NullInput, StreamInput } from './stdin.ts';
import { NodeStreamFile } from './stream-file.ts';
import { streamKind } from './stream-kind.ts';
import { NodeTerminal } from './terminal.ts';

const base = fs.mkdtempSync(join(tmpdir(), 'hospes-node-'));
afterAll(() => fs.rmSync(base, { recursive: true }));

let place: string;
beforeEach(() => {
  place = fs.mkdtempSync(join(base, 'case-'));
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const untext = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('clocks and timers', () => {
  it('agree with the wall clock, finer than it, and go on', () => {
    const clock = new NodeClock();
    const before = BigInt(Date.now()) * 1_000_000n;
    const times = Array.from({ length: 1000 }, () => clock.realtime());
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    expect(times[0]!).toBeGreaterThanOrEqual(before - 2_000_000n);
    expect(times.at(-1)!).toBeLessThanOrEqual(after + 2_000_000n);
    expect(new Set(times.map((time) => time % 1_000_000n)).size).toBeGreaterThan(10);
    const monotonic = Array.from({ length: 100 }, () => clock.monotonic());
    expect([...monotonic].sort((a, b) => Number(a - b))).toEqual(monotonic);
  });

  it('follow a wall clock that is set', () => {
    const clock = new NodeClock();
    clock.realtime();
    const { now } = Date;
    try {
      Date.now = () => 1_000;
      expect(clock.realtime()).toBe(1_000_000_000n);
      Date.now = () => 5_000_000;
      expect(clock.realtime()).toBe(5_000_000_000_000n);
    } finally {
      Date.now = now;
    }
  });

  it('do not go back where the host is busy between one clock and the other', () => {
    const clock = new NodeClock();
    const first = clock.realtime();
    const { now } = Date;
    let calls = 0;
    try {
      Date.now = () => (calls++ === 0 ? now() - 10 : now());
      expect(clock.realtime()).toBeGreaterThanOrEqual(first);
      expect(calls).toBe(2);
    } finally {
      Date.now = now;
    }
  });

  it('fire after the time, never before, unless cancelled', async () => {
    const start = process.hrtime.bigint();
    let cancelled = false;
    setNodeTimer(1_000_000n, () => (cancelled = true))();
    await new Promise<void>((resolve) => void setNodeTimer(5_500_000n, resolve));
    expect(process.hrtime.bigint() - start).toBeGreaterThanOrEqual(5_500_000n);
    await new Promise<void>((resolve) => void setNodeTimer(0n, resolve));
    expect(cancelled).toBe(false);
    // Longer than setTimeout can count: must not fire at once.
    let fired = false;
    const cancel = setNodeTimer(10n ** 18n, () => (fired = true));
    await new Promise<void>((resolve) => void setNodeTimer(20_000_000n, resolve));
    cancel();
    expect(fired).toBe(false);
  });
});

describe('errors', () => {
  it('come out in one vocabulary', () => {
    const error = (code: string): Error => Object.assign(new Error(code), { code });
    expect(hostErrorCode(error('ENOSPC'))).toBe('ENOSPC');
    expect(hostErrorCode(error('EDQUOT'))).toBe('ENOSPC');
    expect(hostErrorCode(error('EWHATEVER'))).toBe('EIO');
    expect(nodeErrorCode('no error')).toBeUndefined();
    expect(nodeErrorCode(Object.assign(new Error(), { code: 3 }))).toBeUndefined();
    const mistake = error('ERR_INVALID_ARG_TYPE');
    expect(() => hostErrorCode(mistake)).toThrow(mistake);
    const own = new HostFileError('EPERM');
    expect(() => translateErrors(() => fail(own))).toThrow(own);
    expect(() => translateErrors(() => fail(new TypeError('bug')))).toThrow(TypeError);
    expect(() => new NodeHostFolder(join(place, 'none'))).toThrow(HostFileError);
  });
});

function fail(error: Error): never {
  throw error;
}

describe.each([
  ['descriptors', (path: string) => new DescriptorAccess(path)],
  ['verification', (path: string) => new VerifiedAccess(path)],
])('a folder through %s', (_name, access) => {
  it('stays inside when the folder on the way is a link', () => {
    fs.mkdirSync(join(place, 'root'));
    fs.mkdirSync(join(place, 'secret'));
    fs.writeFileSync(join(place, 'secret/key'), 'secret');
    fs.symlinkSync('../secret', join(place, 'root/link'));
    const folder = new NodeHostFolder(join(place, 'root'), access(join(place, 'root')));
    const thrown = (action: () => unknown): unknown => {
      try {
        return action();
      } catch (error) {
        return error instanceof HostFileError ? error.code : error;
      }
    };
    const key = ['link', 'key'];
    for (const action of [
      () => folder.stat(key),
      () => folder.list(['link']),
      () => folder.open(key, { read: true, write: false }),
      () => folder.open(['link', 'new'], { read: true, write: true, create: 0o644 }),
      () => folder.mkdir(['link', 'd'], 0o755),
      () => folder.unlink(key),
      () => folder.rename(key, ['key']),
      () => folder.link(key, ['key']),
      () => folder.setPermissions(key, 0o777),
      () => folder.setTimes(key, 0n, 0n),
    ])
      expect(thrown(action)).toBe('ENOTDIR');
    expect(thrown(() => folder.open(['link'], { read: true, write: false }))).toBe('ELOOP');
    expect(thrown(() => folder.setPermissions(['link'], 0o777))).toBe('EPERM');
    expect(thrown(() => folder.open([], { read: true, write: false }))).toBe('EISDIR');
    expect(folder.readlink(['link'])).toBe('../secret');
    expect(fs.readdirSync(join(place, 'secret'))).toEqual(['key']);
    folder.close();
  });

  it('reads, writes and tells about files', () => {
    const folder = new NodeHostFolder(place, access(place));
    const file = folder.open(['f'], { read: true, write: true, create: 0o4640 });
    expect(file.write(text('hello'), 0)).toBe(5);
    expect(file.append(text('!'))).toBe(1);
    expect(file.stat()).toMatchObject({ kind: 'file', size: 6, permissions: 0o640, nlink: 1 });
    file.close();
    const truncated = folder.open(['f'], { read: false, write: true, truncate: true });
    expect(truncated.stat().size).toBe(0);
    truncated.sync();
    truncated.close();
    expect(folder.space().blockSize).toBeGreaterThan(0);
    expect(folder.stat([]).kind).toBe('directory');
    expect(folder.list([]).map(({ name, stat }) => [name, stat.kind])).toEqual([['f', 'file']]);
    folder.close();
  });
});

describe('verified access', () => {
  it('reports a folder that was swapped during an operation', () => {
    fs.mkdirSync(join(place, 'd'));
    const access = new VerifiedAccess(place);
    expect(() =>
      access.withEntry(['d', 'f'], () => {
        fs.renameSync(join(place, 'd'), join(place, 'e'));
        fs.mkdirSync(join(place, 'd'));
      }),
    ).toThrow('changed during an operation');
    fs.writeFileSync(join(place, 'file'), '');
    expect(() => new VerifiedAccess(join(place, 'file'))).toThrow(HostFileError);
    expect(DescriptorAccess.supported(join(place, 'none'))).toBe(false);
  });
});

describe('files as standard streams', () => {
  it('share their offset with the shell', () => {
    const path = join(place, 'f');
    fs.writeFileSync(path, '0123456789');
    const fd = fs.openSync(path, 'r+');
    fs.readSync(fd, new Uint8Array(3));
    const file = new NodeStreamFile(fd);
    if (process.platform === 'linux') expect(file.position).toBe(3);
    const buffer = new Uint8Array(2);
    file.read(buffer, file.position);
    expect(untext(buffer)).toBe('34');
    // Seeking does not move the shell's offset; going on where one was does.
    file.read(buffer, 0);
    expect(untext(buffer)).toBe('01');
    file.read(buffer, file.position + 2);
    expect(untext(buffer)).toBe('56');
    expect(fs.readSync(fd, buffer)).toBe(2);
    expect(untext(buffer)).toBe('78');
    file.truncate(4);
    file.sync();
    expect(file.stat().size).toBe(4);
    fs.closeSync(fd);
    expect(new NodeStreamFile(fd).position).toBe(0);
  });

  it('interleave two descriptors of one file', () => {
    const fd = fs.openSync(join(place, 'log'), 'w');
    const [out, err] = [new NodeStreamFile(fd), new NodeStreamFile(fd)];
    out.write(text('out1 '), 0);
    err.write(text('err1 '), 0);
    out.write(text('out2 '), 5);
    fs.closeSync(fd);
    expect(fs.readFileSync(join(place, 'log'), 'utf8')).toBe('out1 err1 out2 ');
  });

  it('are read as input', () => {
    fs.writeFileSync(join(place, 'f'), 'abc');
    const fd = fs.openSync(join(place, 'f'), 'r');
    const input = new FileInput(new NodeStreamFile(fd));
    const buffer = new Uint8Array(2);
    expect([input.read(buffer), input.read(buffer), input.read(buffer)]).toEqual([2, 1, 0]);
    expect(input.readable()).toBe(true);
    input.onReadable()();
    input.close();
    fs.closeSync(fd);
    expect(input.read(buffer)).toBe('EIO');
  });
});

describe('input streams', () => {
  it('are touched only when somebody reads, and read no further than asked', async () => {
    const source = new PassThrough({ highWaterMark: 4 });
    let opened = 0;
    const input = new StreamInput('pipe', () => {
      opened++;
      return source;
    });
    expect(opened).toBe(0);
    const buffer = new Uint8Array(3);
    expect(input.read(buffer)).toBe('again');
    expect(opened).toBe(1);
    let calls = 0;
    const cancel = input.onReadable(() => calls++);
    source.write(Buffer.from([0, 255, 1, 2, 3]));
    await turn();
    expect(calls).toBeGreaterThan(0);
    expect(input.readable()).toBe(true);
    expect(input.read(buffer)).toBe(3);
    expect([...buffer]).toEqual([0, 255, 1]);
    // Backpressure: the stream takes no more while the guest has not read what was given.
    expect(source.write(Buffer.alloc(8))).toBe(false);
    expect(input.read(buffer)).toBe(2);
    await turn();
    expect(input.read(new Uint8Array(100))).toBe(8);
    cancel();
    source.end();
    await turn();
    expect(input.readable() || input.read(buffer) === 'again').toBe(true);
    await turn();
    expect(input.read(buffer)).toBe(0);
    expect(input.readable()).toBe(true);
    input.close();
  });

  it('report errors of the host', async () => {
    const source = new PassThrough();
    const input = new StreamInput('tty', () => source);
    expect(input.readable()).toBe(false);
    source.on('error', () => undefined);
    source.destroy(Object.assign(new Error('gone'), { code: 'EIO' }));
    await turn();
    expect(input.read(new Uint8Array(1))).toBe('EIO');
    input.close();
    new StreamInput('pipe', () => source).close();
  });

  it('are nothing where there is nothing', () => {
    const input = new NullInput();
    expect([input.read(), input.readable()]).toEqual([0, true]);
    input.onReadable()();
    input.close();
    const output = new NullOutput();
    expect([output.write(text('abc')), output.writable(), output.broken()]).toEqual([3, true, false]);
    output.onWritable()();
    output.close();
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

describe('output', () => {
  it('goes out at once, and reports what the host reports', async () => {
    const path = join(place, 'out');
    const fd = fs.openSync(path, 'w');
    const output = new DescriptorOutput(fd, 'file', { file: new NodeStreamFile(fd) });
    expect(output.write(text('now'))).toBe(3);
    expect(fs.readFileSync(path, 'utf8')).toBe('now');
    await output.flush();
    fs.closeSync(fd);
    expect(output.write(text('x'))).toBe('EIO');
    output.close();
  });

  it.runIf(process.platform === 'linux')('waits for a full pipe, and sees the reader go', async () => {
    const fifo = join(place, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const { O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;
    const reader = fs.openSync(fifo, O_RDONLY | O_NONBLOCK);
    const writer = fs.openSync(fifo, O_WRONLY | O_NONBLOCK);
    expect(streamKind(writer)).toBe('pipe');
    const output = new DescriptorOutput(writer, 'pipe');
    let result = output.write(new Uint8Array(1 << 20));
    expect(result).toBeTypeOf('number');
    while (typeof result === 'number') result = output.write(new Uint8Array(4096));
    expect(result).toBe('again');
    expect(output.writable()).toBe(false);
    const woken = new Promise<void>((resolve) => output.onWritable(resolve));
    fs.readSync(reader, new Uint8Array(1 << 16));
    await woken;
    expect(output.write(new Uint8Array(100))).toBe(100);
    fs.closeSync(reader);
    expect(output.write(text('x'))).toBe('EPIPE');
    expect(output.broken()).toBe(true);
    expect(output.write(text('x'))).toBe('EPIPE');
    output.close();
    fs.closeSync(writer);
  });
});

describe('terminals', () => {
  it('ask the streams of Node', () => {
    const modes: boolean[] = [];
    const terminal = new NodeTerminal(
      () => ({ setRawMode: (raw) => modes.push(raw) }),
      () => ({ getWindowSize: () => [132, 40] }),
    );
    terminal.setRaw(true);
    terminal.setRaw(false);
    expect(modes).toEqual([true, false]);
    expect(terminal.size()).toEqual({ rows: 40, columns: 132 });
    const before = process.listenerCount('SIGWINCH');
    const cancel = terminal.onResize(() => undefined);
    expect(process.listenerCount('SIGWINCH')).toBe(before + 1);
    cancel();
    expect(process.listenerCount('SIGWINCH')).toBe(before);
    const headless = new NodeTerminal(
      () => undefined,
      () => undefined,
    );
    headless.setRaw(true);
    expect(headless.size()).toEqual({ rows: 24, columns: 80 });
  });
});

describe('the platform of Node', () => {
  it('has everything', () => {
    const platform = createNodePlatform();
    const bytes = new Uint8Array(32);
    platform.random(bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
    expect(platform.files.openFolder(place).stat([]).kind).toBe('directory');
    expect(platform.clock.realtime()).toBeGreaterThan(0n);
  });

  it('knows what a descriptor is', () => {
    const nothing = fs.openSync('/dev/null', 'r');
    const file = fs.openSync(join(place, 'f'), 'w');
    const zero = fs.openSync('/dev/zero', 'r');
    expect([nothing, file, zero, 987].map(streamKind)).toEqual(['null', 'file', 'pipe', 'null']);
    for (const fd of [nothing, file, zero]) fs.closeSync(fd);
  });

  it('copies standard input to standard output in a process of its own', async () => {
    const program = buildCat();
    const data = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) & 0xff);
    const input = join(place, 'in');
    fs.writeFileSync(input, data);
    const fromFile = spawnSync(process.execPath, program, { stdio: [fs.openSync(input, 'r'), 'pipe', 'pipe'] });
    expect(fromFile.stderr.toString()).toBe('file pipe pipe');
    expect(Buffer.compare(fromFile.stdout, data)).toBe(0);
    const piped = spawnSync(process.execPath, program, { input: data });
    expect(Buffer.compare(piped.stdout, data)).toBe(0);
    const closed = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'pipe'] });
    closed.stdout.destroy();
    closed.stdin.on('error', () => undefined);
    closed.stdin.write(data);
    const status = await new Promise((resolve) => closed.on('exit', resolve));
    expect(status).toBe(32);
  });
});

/** A program that copies with the platform's streams; 32 is its status for a broken pipe. Compiled by TypeScript. */
function buildCat(): string[] {
  const out = join(place, 'build');
  const sources = fs.readdirSync(import.meta.dirname).filter((name) => name === 'node-platform.ts');
  expect(sources.length).toBe(1);
  execFileSync(process.execPath, [
    ...[join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc'), join(import.meta.dirname, sources[0]!)],
    ...['--outDir', out, '--rootDir', join(import.meta.dirname, '../..'), '--module', 'nodenext', '--target', 'es2022'],
    ...['--rewriteRelativeImportExtensions', '--skipLibCheck', '--types', 'node', '--ignoreConfig'],
    ...['--typeRoots', join(import.meta.dirname, '../../../node_modules/@types')],
  ]);
  fs.writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  fs.symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(out, 'node_modules'));
  fs.writeFileSync(
    join(out, 'cat.js'),
    `import { createNodePlatform } from './platform/node/node-platform.js';
    const { stdin, stdout, stderr } = createNodePlatform();
    const buffer = new Uint8Array(5000);
    stderr.write(new TextEncoder().encode([stdin, stdout, stderr].map((s) => s.kind.replace('socket', 'pipe')).join(' ')));
    for (;;) {
      const count = stdin.read(buffer);
      if (count === 'again') await new Promise((resolve) => { const cancel = stdin.onReadable(() => { cancel(); resolve(); }); });
      else if (count === 0) break;
      else for (let done = 0; done < count; ) {
        const written = stdout.write(buffer.subarray(done, count));
        if (written === 'again') await new Promise((resolve) => { const cancel = stdout.onWritable(() => { cancel(); resolve(); }); });
        else if (written === 'EPIPE') process.exit(32);
        else done += written;
      }
    }
    stdin.close();`,
  );
  return [join(out, 'cat.js')];
}
