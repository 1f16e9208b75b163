/**
 * Many of everything, and programs that take all that they get: bounded, with the right errors. Figures are printed; what
 * they may be at most leaves room for a busy machine.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fixture, hospes, temporaryFolder } from '../cli/hospes.ts';

const folder = temporaryFolder();
const MEBIBYTE = 2 ** 20;
/** Each further memory makes V8 collect garbage, so that a thousand at once take a minute and a half. */
const TREE = process.env['HOSPES_FULL_SIZE'] === '1' ? 1000 : 150;

interface Outcome {
  readonly status: number | null;
  /** What was printed, by name; of equal names the last. */
  readonly values: Readonly<Record<string, number>>;
  readonly lines: readonly string[];
  readonly hostMemory: number;
}

/**
 * Some kernels give a page of its own also for a read of one that was never written. What a fork copies is looked at first,
 * the stack's 8 MiB among it, so that there each process takes as much.
 */
function readsTakeMemory(): boolean {
  const size = 32 * MEBIBYTE;
  const script = `const bytes = new Uint8Array(new WebAssembly.Memory({ initial: ${String(size / 65_536)} }).buffer);
    const before = process.memoryUsage.rss();
    let sum = 0;
    for (let at = 0; at < bytes.length; at += 4096) sum += bytes[at];
    console.log(process.memoryUsage.rss() - before + sum);`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  return Number(stdout) > size / 2;
}
const costly = readsTakeMemory();

async function scale(guest: string, options: readonly string[], ...args: readonly string[]): Promise<Outcome> {
  const begun = performance.now();
  const command = ['run', '--accel', 'wasm', '--stats=json', ...options, fixture('scale', guest), ...args];
  const { status, stdout, stderr } = await hospes(command);
  const lines = stdout.trimEnd().split('\n');
  const values = Object.fromEntries(lines.map((line) => [line.split('=')[0] ?? '', Number(line.split('=')[1])]));
  const { hostMemory } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { hostMemory: number };
  const seconds = (performance.now() - begun) / 1000;
  console.log(`${guest} ${args.join(' ')}: ${seconds.toFixed(1)} s, ${(hostMemory / MEBIBYTE).toFixed(0)} MiB`);
  return { status, values, lines, hostMemory };
}

describe.each(['riscv64', 'aarch64', 'x64'])('a %s guest', (guest) => {
  let treeMemory = Infinity;

  it(`has ${String(TREE)} processes at once`, async () => {
    const { status, values, hostMemory } = await scale(guest, [], 'tree', String(TREE));
    treeMemory = hostMemory;
    expect(values).toEqual({ processes: TREE, sum: (TREE * (TREE - 1)) / 2 });
    expect(status).toBe(0);
  }, 400_000);

  it.skipIf(costly)(`which take 1 MiB each${costly ? ' (skipped: the kernel gives pages for reads)' : ''}`, () => {
    expect(treeMemory).toBeLessThan((200 + TREE) * MEBIBYTE);
  });

  it('has 200 threads at once', async () => {
    const { values, hostMemory } = await scale(guest, [], 'threads', '200');
    expect(values).toEqual({ threads: 200, sum: (200 * 199) / 2 });
    expect(hostMemory).toBeLessThan(300 * MEBIBYTE);
  });

  it('has 10,000 files open, and not one beyond its limit', async () => {
    const { values, hostMemory } = await scale(guest, ['--cwd', '/tmp'], 'files', '10000');
    expect(values).toEqual({ limit: 0, opened: 10_000, bytes: 80_000, same: 10_000, 'beyond the limit': -24 });
    expect(hostMemory).toBeLessThan(400 * MEBIBYTE);
  });

  it('has a file of more than 2 GiB, in memory and on the host', async () => {
    const expected = { wrong: 0, end: 2100 * MEBIBYTE, mapped: 2099, unlink: 0 };
    const inMemory = await scale(guest, ['--cwd', '/tmp'], 'large', '2100');
    expect(inMemory.values).toEqual(expected);
    expect(inMemory.hostMemory).toBeLessThan(500 * MEBIBYTE);
    const onHost = await scale(guest, ['--mount', `${folder.path}:/work`, '--cwd', '/work'], 'large', '2100');
    expect(onHost.values).toEqual(expected);
  });

  it('has a folder of 100,000 entries', async () => {
    const { values, hostMemory } = await scale(guest, ['--cwd', '/tmp'], 'entries', '100000');
    expect(values).toEqual({ seen: 100_002, wrong: 0, rmdir: 0 });
    expect(hostMemory).toBeLessThan(500 * MEBIBYTE);
  });

  it('cannot fork beyond --pids', async () => {
    const { status, values, hostMemory } = await scale(guest, ['--pids', '40'], 'bomb', '12');
    // All but the first were made; the rest got EAGAIN.
    expect(values).toEqual({ made: 39, error: 11 });
    expect(status).toBe(0);
    expect(hostMemory).toBeLessThan(400 * MEBIBYTE);
  });

  it('cannot fill more than --disk, and goes on with what it gives back', async () => {
    const { lines, hostMemory } = await scale(guest, ['--disk', '8M'], 'fill', '1');
    expect(lines).toEqual(['MiB=7', 'error=-28', 'unlink=0', 'still open=-28', 'closed=65536']);
    expect(hostMemory).toBeLessThan(300 * MEBIBYTE);
  });

  it('cannot take more than --memory', async () => {
    const options = ['run', '--accel', 'wasm', '--stats=json', '--memory', '64M'];
    const { status, stdout, stderr } = await hospes([...options, fixture('hog', guest)]);
    expect([status, stdout]).toEqual([3, 'mmap=-12\n']);
    const { hostMemory, peakMemory } = JSON.parse(stderr) as { hostMemory: number; peakMemory: number };
    expect(peakMemory).toBeLessThanOrEqual(64 * MEBIBYTE);
    expect(hostMemory).toBeLessThan(400 * MEBIBYTE);
  });
});
