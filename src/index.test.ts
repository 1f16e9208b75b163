import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createProcess,
  LoadError,
  run,
  RunLimitError,
  type RunEvent,
  type RunOptions,
} from './index.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../tests/fixtures/riscv64/${name}`, import.meta.url));
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixture(name)));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

const folder = mkdtempSync(join(tmpdir(), 'hospes-api-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function output(program: string | Uint8Array, options?: RunOptions): Promise<string> {
  const { stdout, stderr, exitCode } = await run(program, options);
  expect(text(stderr)).toBe('');
  expect(exitCode).not.toBeNull();
  return text(stdout);
}

/** How many descriptors of this process lie in a folder. */
function openBelow(path: string): number {
  const paths = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one with which the folder was read.
      return '';
    }
  });
  return paths.filter((each) => each.startsWith(path)).length;
}

describe('run', () => {
  it('gives output, exit code and counters', async () => {
    const result = await run(fixture('hello'));
    expect(result).toMatchObject({ exitCode: 0, signal: null, crash: null });
    expect(text(result.stdout)).toBe('Hello from the guest!\n');
    expect(result.stderr).toHaveLength(0);
    expect(result.counters.instructions).toBeGreaterThan(10);
    expect(result.counters.syscalls).toBeGreaterThanOrEqual(2);
    expect(result.counters.peakMemory).toBeGreaterThan(4096);
  });

  it('takes a program as bytes', async () => {
    expect(await output(bytesOf('hello'))).toBe('Hello from the guest!\n');
  });

  it.each<[string, () => RunOptions['stdin']]>([
    ['text', () => 'one\ntwo'],
    ['bytes', () => encode('one\ntwo')],
    [
      'a stream',
      () =>
        new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(encode('one\n'));
            controller.enqueue(encode('two'));
            controller.close();
          },
        }),
    ],
  ])('feeds standard input from %s', async (_, stdin) => {
    expect(await output(fixture('cat'), { stdin: stdin()! })).toBe('one\ntwo');
  });

  it('passes arguments and environment', async () => {
    const args = await output(fixture('args'), { argv0: 'zero', args: ['a b', ''], env: { FIXTURE: '1 2=3' } });
    expect(args).toContain('argv[0]=<zero>\nargv[1]=<a b>\nargv[2]=<>\n');
    expect(args).toContain('FIXTURE=1 2=3\n');
  });

  it("shows the host's folders that are mounted, read-only where asked", async () => {
    const shown = join(folder, 'shown');
    mkdirSync(shown);
    writeFileSync(join(shown, 'file'), 'content\n');
    const mounts = [{ source: shown, target: '/deep/shown', readOnly: true }];
    expect(await output(fixture('cat'), { args: ['/deep/shown/file'], mounts })).toBe('content\n');
    const files = await run(fixture('files'), { cwd: '/deep/shown', mounts });
    expect(text(files.stdout)).toContain('mkdir=-30\n');
  });

  it('runs inside a root folder, which it does not change', async () => {
    const root = join(folder, 'root');
    mkdirSync(root);
    writeFileSync(join(root, 'files'), bytesOf('files'), { mode: 0o755 });
    const result = await run('/files', { root });
    expect(result.exitCode).toBe(0);
    expect(text(result.stdout)).toContain('rename over=0\n');
    expect(await output('/files', { root })).toContain('create=1\n');
    await expect(run('files', { root })).rejects.toThrow('absolute path');
  });

  it('reports a crash', async () => {
    const result = await run(fixture('crash'), { args: ['null-write'] });
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGSEGV' });
    expect(result.crash).toMatch(/^SIGSEGV at 0x[0-9a-f]+ \(.*crash\): writing 0x[0-9a-f]+, which is not mapped$/);
  });

  it('traces system calls', async () => {
    const lines: string[] = [];
    await run(fixture('hello'), { onSyscall: (line) => lines.push(line) });
    expect(lines.join('\n')).toMatch(/write\(1, "Hello from the guest!\\n", 22\) = 22/);
  });

  it('tells what happens, as values', async () => {
    const events: RunEvent[] = [];
    await run(fixture('hello'), { onEvent: (event) => events.push(event) });
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['process-start', 'exec', 'process-exit']));
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'syscall', name: 'write', result: '22', pid: 2, tid: 2 }),
    );
    const fail = run(fixture('hello'), {
      onEvent: () => {
        throw new Error('enough');
      },
    });
    await expect(fail).rejects.toThrow('enough');
  });

  it.each<[string, RunOptions, string]>([
    ['instructions', { limits: { instructions: 1_000_000 } }, 'instructions'],
    ['wall time', { limits: { wallTime: 50 } }, 'wallTime'],
    ['output', { args: ['dots'], limits: { outputBytes: 1000 } }, 'outputBytes'],
  ])('ends at its limit of %s, with the output until then', async (_, options, limit) => {
    const error: unknown = await run(fixture('loop'), options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RunLimitError);
    const { result, ...rest } = error as RunLimitError;
    expect(rest).toMatchObject({ limit, context: { limit } });
    expect(text(result!.stdout)).toMatch(/^looping\n/);
    if (limit === 'outputBytes') expect(result!.stdout).toHaveLength(1000);
  });

  it('tells the guest when its memory is used up', async () => {
    const result = await run(fixture('hog'), { limits: { memory: 32 * 2 ** 20 } });
    expect(result.exitCode).toBe(3);
    expect(result.counters.peakMemory).toBeLessThanOrEqual(32 * 2 ** 20);
  });

  it.each(['strict', 'range'] as const)('runs under the memory model %s', async (memoryModel) => {
    expect(await output(fixture('sha256'), { stdin: 'abc', memoryModel })).toMatch(/^ba7816bf/);
  });

  it('is aborted', async () => {
    const controller = new AbortController();
    const pending = run(fixture('loop'), { signal: controller.signal });
    controller.abort();
    expect(await pending).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    await expect(run(fixture('loop'), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it.skipIf(process.platform !== 'linux')('gives back the folders that it showed, however it ends', async () => {
    const held = join(folder, 'held');
    mkdirSync(join(held, 'deep'), { recursive: true });
    writeFileSync(join(held, 'deep', 'file'), 'content\n');
    const mounts = [{ source: held, target: '/held' }];
    const child = await createProcess({ program: fixture('cat'), mounts });
    expect(openBelow(held)).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await child.exited;
    expect(await output(fixture('cat'), { args: ['/held/deep/file'], mounts })).toBe('content\n');
    await expect(run(fixture('loop'), { mounts, limits: { wallTime: 20 } })).rejects.toThrow(RunLimitError);
    await expect(run(fixture('hello'), { mounts, cwd: '/nowhere' })).rejects.toThrow(ConfigurationError);
    const broken = [...mounts, { source: join(folder, 'nowhere'), target: '/x' }];
    await expect(run(fixture('hello'), { mounts: broken })).rejects.toThrow(ConfigurationError);
    expect(openBelow(held)).toBe(0);
  });

  it('refuses what makes no sense', async () => {
    await expect(run(join(folder, 'nowhere'))).rejects.toThrow(LoadError);
    await expect(run(encode('text'))).rejects.toThrow(LoadError);
    await expect(run(fixture('hello'), { limits: { wallTime: 0 } })).rejects.toThrow(RangeError);
    await expect(run(fixture('hello'), { args: ['a\0b'] })).rejects.toThrow(TypeError);
    await expect(run(fixture('hello'), { cwd: '/nowhere' })).rejects.toThrow(ConfigurationError);
    await expect(run(fixture('hello'), { cwd: 'tmp' })).rejects.toThrow('is not an absolute path');
    await expect(run(fixture('hello'), { cwd: '/dev/null' })).rejects.toThrow('is not a directory');
    await expect(run('/x', { root: join(folder, 'nowhere') })).rejects.toThrow('does not exist');
    const mount = (target: string, source = folder): RunOptions => ({ mounts: [{ source, target }] });
    await expect(run(fixture('hello'), mount('relative'))).rejects.toThrow('give an absolute path');
    await expect(run(fixture('hello'), mount('/dev/null/x'))).rejects.toThrow('ENOTDIR');
    await expect(run(fixture('hello'), mount('/x', fixture('hello')))).rejects.toThrow('is not a folder');
  });
});

describe('createProcess', () => {
  it('streams both ways', async () => {
    const child = await createProcess({ program: fixture('cat') });
    const writer = child.stdin.getWriter();
    const reader = child.stdout.getReader();
    for (const line of ['first\n', 'second\n']) {
      await writer.write(encode(line));
      expect(text((await reader.read()).value!)).toBe(line);
    }
    await writer.close();
    expect((await reader.read()).done).toBe(true);
    expect(await child.exited).toMatchObject({ exitCode: 0 });
    expect(child.counters().syscalls).toBeGreaterThan(4);
  });

  it('lets the guest wait for a slow reader, and breaks the pipe of one that leaves', async () => {
    const child = await createProcess({ program: fixture('flood'), args: ['100000'] });
    const reader = child.stdout.getReader();
    expect((await reader.read()).value!.length).toBeGreaterThan(0);
    await reader.cancel();
    expect(await child.exited).toMatchObject({ signal: 'SIGPIPE' });
  });

  it('is killed', async () => {
    const child = await createProcess({ program: fixture('loop') });
    child.kill();
    expect(await child.exited).toMatchObject({ signal: 'SIGTERM' });
  });

  it('reports a limit through exited', async () => {
    const child = await createProcess({ program: fixture('loop'), limits: { instructions: 100_000 } });
    for await (const chunk of child.stdout) expect(text(chunk)).toBe('looping\n');
    await expect(child.exited).rejects.toThrow(RunLimitError);
  });
});
