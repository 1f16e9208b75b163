/** Threads of a guest at the same time, in threads of Node, which need the build. HOSPES_FULL_SIZE=1 takes longer over it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { populate, stdinOf, storedOutput } from '../../scripts/fixtures.mjs';
import type * as library from '../../src/index.ts';
import { casesOf } from '../fixtures/cases.mjs';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const build = new URL('../../dist/index.js', import.meta.url).href;
const { run } = (await import(build)) as typeof library;
const isFull = process.env['HOSPES_FULL_SIZE'] === '1';
const expectations = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<
  string,
  Record<string, { readonly status: number; readonly stdout: unknown }>
>;
/** Cases about threads, signals, processes and code that changes; all of them in full size. */
const isChosen = (name: string): boolean =>
  isFull || /^(threads|beside|litmus|processes|signals|selfmod|atomics|exit by)/.test(name);
/** What fails in turns as well; see fixtures.test.ts. */
const known: ReadonlySet<string> = new Set(['riscv64 time']);

describe.each(['riscv64', 'aarch64', 'x64'])('fixture programs of %s, in parallel', (guest) => {
  for (const test of casesOf(guest).filter(({ name }) => isChosen(name)))
    it(test.name, { fails: known.has(`${guest} ${test.name}`), timeout: 120_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hospes-parallel-'));
      try {
        populate(folder, test.files);
        const { exitCode, signal, stdout } = await run(join(fixtures, guest, test.program), {
          parallel: true,
          args: test.args ?? [],
          env: Object.fromEntries(Object.entries(test.env ?? {}).reverse()),
          mounts: [{ source: folder, target: '/case' }],
          cwd: '/case',
          stdin: stdinOf(test),
        });
        const wanted = expectations[guest]?.[test.name];
        expect({
          status: exitCode ?? 128 + constants.signals[signal as NodeJS.Signals],
          stdout: storedOutput(Buffer.from(stdout)),
        }).toEqual({ status: wanted?.status, stdout: wanted?.stdout });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

  it.each([
    { tier: 0, memoryModel: 'auto' },
    { tier: 1, memoryModel: 'strict' },
    { tier: 1, memoryModel: 'range' },
  ] as const)('counts right in tier $tier, memory model $memoryModel', async (options) => {
    const program = join(fixtures, guest, 'litmus');
    const { stdout } = await run(program, { parallel: true, args: ['counters', '20000'], ...options });
    const wanted = expectations[guest]?.['litmus counters'];
    expect(storedOutput(Buffer.from(stdout))).toEqual(wanted?.stdout);
  });

  it('lets a thread execute another program', async () => {
    const { stdout, exitCode } = await run(join(fixtures, guest, 'beside'), { parallel: true, args: ['execute'] });
    expect({ stdout: Buffer.from(stdout).toString(), exitCode }).toEqual({ stdout: 'executing\nagain\n', exitCode: 0 });
  });

  const litmus = ['messages', 'buffers', 'counters', 'lock', ...(guest === 'riscv64' ? [] : ['pairs'])];
  it.runIf(isFull).each(litmus)('%s, 10 million rounds', { timeout: 600_000 }, async (name) => {
    const program = join(fixtures, guest, 'litmus');
    const { stdout } = await run(program, { parallel: true, args: [name, '10000000'] });
    const lines = Buffer.from(stdout).toString().trim().split('\n');
    expect(Object.fromEntries(lines.map((line) => line.split('=')))).toEqual({
      broken: '0',
      ...(name === 'lock' ? { guarded: '20000000' } : {}),
      ...(name === 'pairs' ? { low: '20000000', high: '60000000' } : {}),
      ...(name === 'counters' ? { exclusive: '40000000', '32 bits': '40000000', '64 bits': '120000000' } : {}),
      ...(name === 'counters' ? { xor: '0', '8 bits': '0', '16 bits': guest === 'riscv64' ? '0' : '23040' } : {}),
    });
  });
});

describe('parallel', () => {
  const program = join(fixtures, 'riscv64/threads');

  it('says what it excludes', async () => {
    const x64 = join(fixtures, 'x64/hello');
    await expect(run(x64, { parallel: true, accel: 'kvm' })).rejects.toThrow(
      'accelerator kvm and parallel exclude each other',
    );
    await expect(run(program, { parallel: true, limits: { cpus: 0.5 } })).rejects.toThrow(
      'parallel and a limit of 0.5 processors exclude each other',
    );
  });

  it('tells the guest how many processors there are', async () => {
    const read = async (path: string): Promise<string> => {
      const { stdout } = await run(join(fixtures, 'riscv64/cat'), { parallel: true, args: [path] });
      return Buffer.from(stdout).toString();
    };
    const count = (await read('/proc/cpuinfo')).match(/^processor/gm)?.length ?? 0;
    expect(count).toBe(Math.min(availableParallelism(), 32));
    expect(await read('/sys/devices/system/cpu/online')).toBe(count === 1 ? '0\n' : `0-${String(count - 1)}\n`);
  });

  it('ends at a limit of time, and of instructions, while threads run', async () => {
    const endless = join(fixtures, 'riscv64/litmus');
    const args = ['lock', '1000000000000'];
    await expect(run(endless, { parallel: true, args, limits: { wallTime: 1500 } })).rejects.toThrow('ran longer');
    await expect(run(endless, { parallel: true, args, limits: { instructions: 5e7 } })).rejects.toThrow('used up');
  });
});
