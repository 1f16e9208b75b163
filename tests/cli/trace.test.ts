/** `hospes run --trace` and `--stats=json`: files that can be read whatever happens, and figures that agree. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, hospes, main, root, temporaryFolder } from './hospes.ts';

const folder = temporaryFolder();
let count = 0;
const newPath = (): string => join(folder.path, `trace${count++}.json`);

interface Line {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The trace, each line checked for what viewers need. */
function read(path: string): Line[] {
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: Line[] };
  for (const { ph, name, ts, dur, pid, tid } of traceEvents) {
    expect(['X', 'i', 'M']).toContain(ph);
    expect(name).not.toBe('');
    expect(ts).toBeGreaterThanOrEqual(0);
    expect(dur === undefined || dur >= 0).toBe(true);
    expect(dur !== undefined).toBe(ph === 'X');
    expect(Number.isInteger(pid) && Number.isInteger(tid)).toBe(true);
  }
  return traceEvents;
}

const ofCategory = (lines: readonly Line[], category: string): Line[] => lines.filter(({ cat }) => cat === category);

describe('--trace', () => {
  it('holds system calls, processes and signals, with whose they are', async () => {
    const path = newPath();
    const { status } = await hospes(['run', '--trace', path, fixture('processes'), 'basics']);
    expect(status).toBe(0);
    const lines = read(path);
    const starts = lines.filter(({ name }) => name === 'process start');
    expect(starts.map(({ pid, args }) => [pid, args['parent']])).toEqual([
      [2, null],
      [3, 2],
      [4, 2],
    ]);
    const exits = lines.filter(({ name }) => name === 'process exit').map(({ pid, args }) => [pid, args]);
    expect(exits).toEqual([
      [3, { code: 42, signal: null, crash: null }],
      [4, { code: null, signal: 'SIGKILL', crash: null }],
      [2, { code: 0, signal: null, crash: null }],
    ]);
    expect(ofCategory(lines, 'syscall')).toContainEqual(
      expect.objectContaining({ name: 'kill', pid: 2, tid: 2, args: { args: '4, SIGSTOP', result: '0' } }),
    );
    expect(ofCategory(lines, 'signal')).toContainEqual(
      expect.objectContaining({ name: 'SIGSTOP', pid: 4, args: { action: 'stop' } }),
    );
    const exec = lines.find(({ name }) => name === `exec ${fixture('processes')}`);
    expect(exec).toMatchObject({ ph: 'i', pid: 2 });
    expect(lines).toContainEqual(
      expect.objectContaining({ ph: 'M', name: 'process_name', pid: 3, args: { name: 'processes' } }),
    );
  });

  it('tells threads apart', async () => {
    const path = newPath();
    await hospes(['run', '--trace', path, fixture('threads'), 'counters']);
    const lines = read(path);
    const starts = lines.filter(({ name }) => name === 'thread start');
    expect(starts.length).toBeGreaterThan(1);
    for (const { pid, tid } of starts) {
      expect(pid).toBe(2);
      expect(ofCategory(lines, 'syscall').some((line) => line.tid === tid && line.name === 'exit')).toBe(true);
    }
    expect(lines.filter(({ name }) => name === 'thread exit')).toHaveLength(starts.length + 1);
  });

  it.each(['compiled', 'kept'])('agrees with --stats=json where code was %s', async (code) => {
    const path = newPath();
    const env = { XDG_CACHE_HOME: join(folder.path, code) };
    const options = ['--compile', 'sync', '--trace', path, '--stats=json'];
    if (code === 'kept') await hospes(['run', '--compile', 'sync', fixture('mandelbrot')], { env });
    const { stderr } = await hospes(['run', ...options, fixture('mandelbrot')], { env });
    const { instructions, syscalls, engine, seconds, mips } = JSON.parse(stderr) as Readonly<Record<string, number>> & {
      readonly engine: Readonly<Record<string, number>>;
    };
    expect(engine['interpretedInstructions']! + engine['compiledInstructions']!).toBe(instructions);
    expect(mips).toBeCloseTo(instructions! / seconds! / 1e6);
    expect(engine['compiledInstructions']).toBeGreaterThan(0);
    const { runs, syscallExits } = engine;
    const exits = ['budgetExits', 'unlinkedBranches', 'jumpCacheMisses', 'hotCounters', 'regionLookups', 'strayExits'];
    const ends = [...exits, 'syscallExits', 'resyncs', 'trapExits', 'faultExits'];
    expect(ends.reduce((sum, name) => sum + engine[name]!, 0)).toBe(runs);
    expect(syscallExits).toBe(syscalls);

    const lines = read(path);
    expect(ofCategory(lines, 'syscall')).toHaveLength(syscalls!);
    const compiles = ofCategory(lines, 'compile');
    const sum = (name: string): number => compiles.reduce((total, { args }) => total + Number(args[name]), 0);
    expect(compiles.filter(({ args }) => args['regions'] !== 0)).toHaveLength(engine['modules']!);
    expect(sum('regions')).toBe(engine['regions']);
    expect(sum('bytes')).toBe(engine['moduleBytes']);
    expect(sum('instructions')).toBe(engine['regionInstructions']);
    const regions = ofCategory(lines, 'tier').filter(({ name }) => name.startsWith('region '));
    expect(regions).toHaveLength(engine['regions']!);
    const drops = ofCategory(lines, 'tier').filter(({ name }) => name === 'regions dropped');
    const went = { modules: 0, regions: 0 };
    for (const [way, reasons] of [
      ['replaced', ['replaced']],
      ['evicted', ['evicted']],
      ['invalidated', ['code-changed', 'fault-handling', 'watched-code']],
      ['released', ['program-ended']],
    ] as const)
      for (const what of ['modules', 'regions'] as const) {
        const of = drops.filter(({ args }) => (reasons as readonly unknown[]).includes(args['reason']));
        const count = of.reduce((total, { args }) => total + Number(args[what]), 0);
        expect(engine[`${way}${what === 'modules' ? 'Modules' : 'Regions'}`]).toBe(count);
        went[what] += count;
      }
    expect(engine['liveModules']! + went.modules).toBe(engine['modules']);
    expect(engine['liveRegions']! + went.regions).toBe(engine['regions']);
    const kept = compiles.filter(({ args }) => args['isCached'] === true);
    expect(kept).toHaveLength(engine['cachedModules']!);
    expect(kept.length > 0).toBe(code === 'kept');
    const longest = Math.max(0, ...compiles.filter((line) => !kept.includes(line)).map(({ dur }) => dur!));
    expect(Math.abs(longest - engine['longestCompile']! / 1000)).toBeLessThan(5000);
    for (const { ts, dur } of compiles) expect(ts + dur!).toBeLessThan(seconds! * 1e6);
  });

  it.each<[why: string, args: string[], signal: NodeJS.Signals | null, status: number]>([
    ['a limit', ['--timeout', '300ms', fixture('loop')], null, 124],
    ['a crash', [fixture('crash'), 'null-write'], null, 139],
    ['Ctrl-C', [fixture('loop'), 'dots'], 'SIGINT', 130],
  ])('is whole after %s', async (_, args, signal, status) => {
    const path = newPath();
    const outcome = await hospes(['run', '--trace', path, ...args], {
      onOutput: (child) => signal !== null && child.kill(signal),
    });
    expect(outcome.status).toBe(status);
    const end = read(path).find(({ name }) => name === 'process exit');
    expect(end?.args['signal']).toMatch(/^SIG(KILL|SEGV|INT)$/);
  });

  it('can be read even when hospes itself is killed', async () => {
    const path = newPath();
    const outcome = await hospes(['run', '--trace', path, fixture('loop'), 'dots'], {
      onOutput: (child) => setTimeout(() => child.kill('SIGKILL'), 1500),
    });
    expect(outcome.status).toBeNull();
    expect(ofCategory(read(path), 'syscall').length).toBeGreaterThan(100);
  });

  it.each([
    ['in no folder', join(folder.path, 'none/trace.json'), 'its folder does not exist (ENOENT)'],
    ['that is a folder', folder.path, 'it is a folder (EISDIR)'],
    ['without a name', '', 'its folder does not exist (ENOENT)'],
  ])('refuses a file %s before the guest starts', async (_, path, reason) => {
    expect(await hospes(['run', '--trace', path, fixture('hello')])).toEqual({
      status: 125,
      stdout: '',
      stderr: `hospes: --trace ${path} cannot be written: ${reason}\n`,
    });
  });

  it.skipIf(!existsSync('/dev/full'))('refuses a full disk before the guest starts', async () => {
    const outcome = await hospes(['run', '--trace', '/dev/full', fixture('hello')]);
    expect(outcome).toMatchObject({ status: 125, stdout: '' });
    expect(outcome.stderr).toBe('hospes: --trace /dev/full cannot be written: no space left (ENOSPC)\n');
  });

  it('lets the guest go on when the disk fills, and says so', () => {
    const path = newPath();
    const args = [process.execPath, main, 'run', '--trace', path, fixture('walk')];
    const script = 'trap "" XFSZ; ulimit -f 80; exec "$@"';
    const walk = join(root, 'src');
    const { status, stderr, stdout } = spawnSync('bash', ['-c', script, 'bash', ...args, walk], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    expect(stderr).toBe(`hospes: --trace ${path} ends early: the file is as large as files may get here (EFBIG)\n`);
    expect(status).toBe(125);
    expect(stdout).not.toBe('');
    expect(read(path).length).toBeGreaterThan(0);
    expect(statSync(path).size).toBeLessThanOrEqual(80 * 1024);
  });
});
