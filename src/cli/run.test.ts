import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { elf } from '../../tests/cli/elf.ts';
import { ConfigurationError } from '../common/errors.ts';
import type { RunRequest } from './command-line.ts';
import { inspectCommand } from './inspect.ts';
import { runCommand, startRequest } from './run.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../tests/fixtures/riscv64/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hospes-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const defaults: RunRequest = {
  kind: 'run',
  program: fixture('exit'),
  args: [],
  root: undefined,
  image: undefined,
  cwd: undefined,
  env: {},
  mounts: [],
  memory: undefined,
  accel: 'auto',
  parallel: false,
  memoryModel: 'auto',
  cache: false,
  bundle: undefined,
  tier: 1,
  compile: 'background',
  cpu: undefined,
  user: undefined,
  timeout: undefined,
  network: 'none',
  publish: [],
  disk: undefined,
  cpus: undefined,
  codeSize: undefined,
  maxOutput: undefined,
  pids: undefined,
  gpu: false,
  strace: false,
  stats: undefined,
  trace: undefined,
};
const request = (changes: Partial<RunRequest>): RunRequest => ({ ...defaults, ...changes });
const ignore = (): void => undefined;

/** The status, and the lines for standard error. */
async function run(changes: Partial<RunRequest>): Promise<{ status: number; lines: string[] }> {
  const lines: string[] = [];
  const status = await runCommand(request(changes), (line) => lines.push(line));
  return { status, lines };
}

describe('startRequest', () => {
  it('shows the current directory read-only where there is no root folder', () => {
    const current = process.cwd();
    const mount = { source: '/a', target: '/b', readOnly: false };
    const start = startRequest(request({ mounts: [mount] }), ignore);
    expect(start.mounts).toEqual([{ source: current, target: current, readOnly: true }, mount]);
    expect(start).toMatchObject({ cwd: current, path: fixture('exit'), argv0: fixture('exit') });
    expect(start.root).toBeUndefined();
    expect(start.user).toEqual({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });
  });

  it('shows the whole file system, protected, to whoever stands in its root', () => {
    vi.spyOn(process, 'cwd').mockReturnValue('/');
    expect(startRequest(request({}), ignore)).toMatchObject({ root: '/', cwd: '/', mounts: [] });
  });

  it('takes the program from the root folder, as user 0', () => {
    const start = startRequest(request({ root: '/r', program: '/bin/x', args: ['y'] }), ignore);
    expect(start).toMatchObject({ root: '/r', path: '/bin/x', args: ['y'], cwd: '/', user: { uid: 0, gid: 0 } });
    expect(start.bytes).toBeUndefined();
    expect(start.env).toMatchObject({ HOME: '/root' });
  });

  it('hands on limits, environment and user', () => {
    const user = { uid: 5, gid: 6 };
    const start = startRequest(
      request({ memory: 1000, timeout: 2000, pids: 20, network: 'loopback', env: { A: '1', PATH: '/x' }, user }),
      ignore,
    );
    expect(start).toMatchObject({
      limits: { memory: 1000, wallTime: 2000, tasks: 20 },
      network: 'loopback',
      user,
      env: { A: '1', PATH: '/x', HOME: '/' },
    });
    expect(startRequest(request({}), ignore).limits).toEqual({});
  });
});

describe('runCommand', () => {
  it("gives the guest's exit status", async () => {
    expect(await run({ args: ['42'] })).toEqual({ status: 42, lines: [] });
  });

  it('prints system calls and counters when asked', async () => {
    const { status, lines } = await run({ args: ['3'], strace: true, stats: 'table' });
    expect(status).toBe(3);
    expect(lines[0]).toMatch(/^exit(_group)?\(3\) += \?$/);
    expect(lines[2]).toBe('hospes: statistics');
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}system calls {2,}1$/));
    expect(lines.at(-1)).toMatch(/^ {2}most memory +guest [\d.]+ MiB, host [\d.]+ MiB$/);
  });

  it('gives 128 and the signal for a crash, and says where', async () => {
    const program = join(folder, 'illegal');
    writeFileSync(program, elf({ content: new Uint8Array(4) }), { mode: 0o755 });
    const { status, lines } = await run({ program });
    expect(status).toBe(132);
    expect(lines).toEqual([expect.stringMatching(/^hospes: SIGILL at 0x20078 .*illegal instruction 0x0+$/)]);
  });

  it('leaves no listener for signals behind', async () => {
    const before = process.listenerCount('SIGINT');
    await run({ args: ['0'] });
    await expect(run({ program: join(folder, 'nowhere') })).rejects.toThrow('does not exist');
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('inspectCommand', () => {
  it('prints', () => {
    const print = vi.fn();
    expect(
      inspectCommand({ kind: 'inspect', file: fixture('crash'), at: 'read_at', blocks: 1, wasm: undefined }, print),
    ).toBe(0);
    expect(print).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/<read_at>: /));
  });

  it('prints WebAssembly', () => {
    const print = vi.fn();
    expect(
      inspectCommand({ kind: 'inspect', file: fixture('crash'), at: 'write_at', blocks: 1, wasm: 'range' }, print),
    ).toBe(0);
    expect(print).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^;; .*<write_at>: .*range\n\(module\n/));
  });

  it('refuses a file that cannot be read', () => {
    const inspect = { kind: 'inspect', file: folder, at: undefined, blocks: 1, wasm: undefined } as const;
    const print = vi.fn();
    expect(() => inspectCommand(inspect, print)).toThrow(ConfigurationError);
    expect(() => inspectCommand({ ...inspect, file: join(folder, 'nowhere') }, print)).toThrow(
      'cannot be read (ENOENT)',
    );
    expect(print).not.toHaveBeenCalled();
  });
});
