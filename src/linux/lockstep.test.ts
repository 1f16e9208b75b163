/**
 * Fixture programs in regions, whose state is compared with tier 0's at every exit of a region. HOSPES_FULL_SIZE=1 runs all
 * of them, else a few.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Lockstep } from '../engine/testing/lockstep.ts';
import { createEngineStats } from '../engine/stats.ts';
import { Vcpu, type VcpuOptions } from '../engine/vcpu.ts';
import { NodeClock } from '../platform/node/clock.ts';
import { nodePageProtection } from '../platform/node/page-protection.ts';
import type { Clock } from '../platform/types.ts';
import { runProgram, type FileTable } from './testing/run-program.ts';
import { casesOf } from '../../tests/fixtures/cases.mjs';

interface FixtureCase {
  readonly name: string;
  readonly program: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly binary?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: FileTable;
}

const fixtures = new URL('../../tests/fixtures/', import.meta.url);
const isFull = process.env['HOSPES_FULL_SIZE'] === '1';

/** Programs that take minutes an instruction at a time, and those about threads of the host, which do not follow each other. */
const excluded = [
  ...['mandelbrot', 'code rewritten 10,000 times', '50,000 functions', 'recursion 200,000 deep'],
  ...['jump table 10,000,000 times', 'signals alarm-loop', 'litmus ', 'beside '],
];

/** The host's clock the first time, and what it said then the second time. */
class Times {
  readonly #readings: bigint[] = [];
  #next = 0;

  recorded(): Clock {
    const clock = new NodeClock();
    const note = (time: bigint): bigint => {
      this.#readings.push(time);
      return time;
    };
    return { realtime: () => note(clock.realtime()), monotonic: () => note(clock.monotonic()) };
  }

  replayed(): Clock {
    const next = (): bigint => {
      const time = this.#readings[this.#next++];
      if (time === undefined) throw new Error('the clock is read once more than by regions');
      return time;
    };
    return { realtime: next, monotonic: next };
  }
}

const { protection, reason } = nodePageProtection();
const models = [
  { model: 'strict', isPrecise: false },
  { model: 'strict', isPrecise: true },
  { model: 'range', isPrecise: false },
  { model: 'host', isPrecise: false },
  { model: 'host', isPrecise: true },
] as const;
const runs = ['riscv64', 'aarch64', 'x64'].flatMap((guest) => models.map((one) => ({ guest, ...one })));

describe.each(runs)('fixture programs of $guest, $model, precise: $isPrecise', ({ guest, model, isPrecise }) => {
  const stats = createEngineStats();
  const cases = (casesOf(guest) as FixtureCase[]).filter(({ name }) => !excluded.some((one) => name.startsWith(one)));
  const few = new Set([isPrecise ? 'signals segv-fix' : 'walk: empty']);
  const chosen = isFull ? cases : cases.filter(({ name }) => few.has(name));

  it.skipIf(model === 'host' && protection === null).each(chosen)(
    `$name, as tier 0 at each exit (host: ${reason ?? 'available'})`,
    { timeout: 300_000 },
    async ({ program, args = [], env = {}, files = {}, stdin = '', binary = false }) => {
      const lockstep = new Lockstep();
      const times = new Times();
      const compileClock = (): bigint => 0n;
      const request = {
        ...{
          program: readFileSync(new URL(`${guest}/${program}`, fixtures)),
          path: `/bin/${program}`,
          args,
          env,
          files,
        },
        stdin: Buffer.from(stdin, binary ? 'latin1' : 'utf8'),
      };
      const compiled: Partial<VcpuOptions> = { tier: 1, compileThreshold: 2, memoryModel: model, compileClock, stats };
      const regions = await runProgram({
        ...{ ...request, clock: times.recorded(), vcpu: { ...compiled, pageProtection: () => protection } },
        makeVcpu: (options) => {
          const vcpu = new Vcpu(options);
          if (isPrecise) vcpu.setPreciseFaults(true);
          return lockstep.record(vcpu);
        },
      });
      const tier0 = await runProgram({
        ...{ ...request, clock: times.replayed(), vcpu: { compileClock } },
        makeVcpu: (options) => lockstep.follower(options),
      });
      expect([tier0.exit, tier0.stdout]).toEqual([regions.exit, regions.stdout]);
      expect(lockstep.isDone).toBe(true);
      expect(lockstep.comparedMemory).toBeGreaterThan(0);
    },
  );

  // The comparison says nothing about a tier that did not run.
  it.skipIf(model === 'host' && protection === null)('ran in regions', () => {
    expect(stats.compiledInstructions).toBeGreaterThan(100);
  });
});
