import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodeCache } from '../engine/code-cache.ts';
import { startedCompiler, type PretendedThreadOptions } from '../engine/testing/compile-thread.ts';
import { createEngineStats, type EngineStats } from '../engine/stats.ts';
import type { Vcpu, VcpuOptions } from '../engine/vcpu.ts';
import { KvmAccelerator } from '../accel/kvm/index.ts';
import { nodeVirtualization } from '../platform/node/kvm-probe.ts';
import { nodeNativeCode } from '../platform/node/native-code.ts';
import { nodePageProtection } from '../platform/node/page-protection.ts';
import type { CodeStore } from '../platform/types.ts';
import type { ProcessExit } from './process/exit.ts';
import { runProgram, type FileTable } from './testing/run-program.ts';
// The cases are plain JavaScript, shared with the script that records the reference.
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

interface Expected {
  readonly status: number;
  readonly stdout: readonly string[] | { readonly length: number; readonly sha256: string };
}

const fixtures = new URL('../../tests/fixtures/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', fixtures), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, Expected>>>
>;

/** Programs that run long in tier 0 and say nothing about Linux; tests/linux runs them through the command line. */
const elsewhere = [
  'mandelbrot',
  'exit by the last thread',
  'code rewritten 10,000 times',
  '50,000 functions',
  'recursion 200,000 deep',
  'jump table 10,000,000 times',
  // What threads of the host make of it is in tests/linux/parallel.test.ts.
  ...['messages', 'buffers', 'counters', 'lock', 'code', 'pairs', 'rare'].map((name) => `litmus ${name}`),
  ...['leave', 'fault', 'kill', 'execute', 'forks', 'protects'].map((name) => `beside ${name}`),
];

/** What fails, and why; a surprise pass fails too. */
const known: Readonly<Record<string, string>> = {
  'riscv64 time': 'two rdcycle in one block read the same count: instructions are counted by blocks',
};

function storedOutput(bytes: Buffer): Expected['stdout'] {
  const text = bytes.toString('utf8');
  if (bytes.length <= 8192 && Buffer.from(text, 'utf8').equals(bytes)) return text.split('\n');
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function statusOf(exit: ProcessExit): number {
  if (exit.kind === 'exit') return exit.code;
  return exit.kind === 'signal' ? 128 + exit.signal : -1;
}

function memoryStore(): CodeStore {
  const files = new Map<string, Uint8Array>();
  return {
    read: (key) => files.get(key) ?? null,
    write: (key, bytes) => {
      files.set(key, bytes);
    },
  };
}

/** HOSPES_FULL_SIZE=1 leaves nothing out for the sake of time. */
const isFull = process.env['HOSPES_FULL_SIZE'] === '1';
const pageProtection = nodePageProtection();
const nativeCode = nodeNativeCode();
const { virtualization, reason: noKvm } = nodeVirtualization();
/** Hot at the second arrival, and never short of time to compile. */
const compiled = { tier: 1, compileThreshold: 2, compileClock: () => 0n } as const;
interface Setting {
  readonly name: string;
  readonly vcpu: Partial<VcpuOptions>;
  readonly skip?: boolean;
  /** Runs each program twice, the second time with the code of the first. */
  readonly twice?: boolean;
  /** The second time with what the host's engine made of it, which optimises at once. */
  readonly native?: boolean;
  /** Code is compiled in a thread of its own. */
  readonly background?: PretendedThreadOptions;
  /** Instructions that run at once. */
  readonly budget?: number;
  /** The cases that run; all unless given. */
  readonly cases?: readonly string[];
  /** The processor runs the programs; `alternate`: in turns with the translator, which has so many instructions. */
  readonly kvm?: { readonly alternate?: number };
  /** Regions have to go while programs run, because there is no room for more. */
  readonly evicts?: boolean;
}
/** Room for a module or two: what is needed in turns is compiled again and again. */
const codeLimits = { bytes: 1 << 14, modules: 2 };
/** Calls, loops, jumps through tables, code that changes, threads and signals, in little time. */
const varied = [
  'self-modifying',
  '200 functions',
  'walk: tree',
  'sha256: abc',
  'floats',
  'atomics',
  'signals nested',
  'threads counters',
];
/** What happens to processes and threads. */
const events = ['processes exec', 'processes shared', 'signals segv-fix', 'threads turns'];
const models = [
  { name: 'strict', memoryModel: 'strict', skip: false },
  { name: 'range', memoryModel: 'range', skip: false },
  { name: 'host', memoryModel: 'host', skip: pageProtection.protection === null },
] as const;
const kvmSettings = [
  ['kvm', {}, {}],
  ['kvm in turns with tier 0', {}, { alternate: 100 }],
  ['kvm in turns with tier 1', compiled, { alternate: 1000 }],
] as const;
const settings: readonly Setting[] = [
  { name: 'interpreted', vcpu: {} },
  { name: 'compiled, and compiled before, strict', vcpu: { ...compiled, memoryModel: 'strict' }, twice: true },
  {
    name: `compiled, host (${pageProtection.reason ?? 'available'})`,
    vcpu: { ...compiled, memoryModel: 'host', pageProtection: () => pageProtection.protection },
    skip: pageProtection.protection === null,
  },
  {
    name: 'compiled elsewhere at once',
    vcpu: { ...compiled, memoryModel: 'strict' },
    background: {},
    ...(isFull ? {} : { cases: [...varied, ...events] }),
  },
  {
    name: 'compiled elsewhere a while later, no room',
    vcpu: { ...compiled, memoryModel: 'strict', codeLimits },
    background: { delay: 20 },
    cases: [...varied, ...events],
  },
  {
    name: 'compiled elsewhere, until that breaks',
    vcpu: { ...compiled, memoryModel: 'strict' },
    background: { delay: 1, failsAfter: 5 },
    cases: varied,
  },
  {
    name: 'compiled before, no room',
    vcpu: { ...compiled, memoryModel: 'strict', codeLimits },
    twice: true,
    cases: [...varied, ...events, 'signals alarm-loop'],
    evicts: true,
  },
  {
    name: `compiled before, with native code (${nativeCode === null ? 'not here' : 'available'})`,
    vcpu: { ...compiled, memoryModel: 'host', pageProtection: () => pageProtection.protection },
    skip: pageProtection.protection === null || nativeCode === null,
    ...{ twice: true, native: true },
    ...(isFull ? {} : { cases: [...varied, ...events] }),
  },
  ...kvmSettings.map(([name, vcpu, kvm]): Setting => ({
    name: `${name} (${noKvm ?? 'available'})`,
    ...{ vcpu, kvm, skip: virtualization === null },
  })),
  ...models.map(({ name, memoryModel, skip }): Setting => ({
    name: `no room, one at a time, ${name}`,
    vcpu: { ...compiled, memoryModel, pageProtection: () => pageProtection.protection, codeLimits },
    ...{ skip, budget: 1, cases: varied, evicts: true },
  })),
];

/** Where regions went, when all programs have ended. */
function reconcile(stats: EngineStats): void {
  const { liveModules, replacedModules, evictedModules, invalidatedModules, releasedModules } = stats;
  const { liveRegions, replacedRegions, evictedRegions, invalidatedRegions, releasedRegions } = stats;
  expect(liveModules + replacedModules + evictedModules + invalidatedModules + releasedModules).toBe(stats.modules);
  expect(liveRegions + replacedRegions + evictedRegions + invalidatedRegions + releasedRegions).toBe(stats.regions);
  expect([liveModules, liveRegions, stats.liveBytes]).toEqual([0, 0, 0]);
}

const runs = Object.keys(expected).flatMap((guest) =>
  settings.filter(({ kvm }) => kvm === undefined || guest === 'x64').map((setting) => ({ guest, ...setting })),
);

describe.each(runs)(
  'fixture programs of $guest, compared with the reference, $name',
  ({
    guest,
    vcpu: options,
    skip = false,
    twice = false,
    native = false,
    background,
    budget,
    cases,
    evicts = false,
    kvm,
  }) => {
    const accelerator =
      kvm === undefined || virtualization === null
        ? undefined
        : new KvmAccelerator(virtualization, { cpu: 'v3', ...kvm });
    const stats = createEngineStats();
    const vcpu = { ...options, stats };
    // Nothing runs for long enough here to be optimised by itself.
    if (native) {
      beforeAll(() => setFlagsFromString('--no-liftoff'));
      afterAll(() => setFlagsFromString('--liftoff'));
    }
    for (const test of casesOf(guest) as FixtureCase[]) {
      const file = new URL(`${guest}/${test.program}`, fixtures);
      if (elsewhere.includes(test.name) || cases?.includes(test.name) === false) continue;
      it(
        test.name,
        { fails: known[`${guest} ${test.name}`] !== undefined, skip: skip || !existsSync(file) },
        async () => {
          const request = {
            program: readFileSync(file),
            path: `/bin/${test.program}`,
            args: test.args ?? [],
            // The reference hands the environment on in reverse.
            env: Object.fromEntries(Object.entries(test.env ?? {}).reverse()),
            files: test.files ?? {},
            stdin: Buffer.from(test.stdin ?? '', test.binary === true ? 'latin1' : 'utf8'),
            ...(budget === undefined ? {} : { budget }),
            ...(accelerator === undefined ? {} : { accelerate: (vcpu: Vcpu) => accelerator.accelerate(vcpu) }),
          };
          const store = memoryStore();
          const cached = (): Partial<VcpuOptions> => ({
            ...vcpu,
            ...(twice ? { codeCache: new CodeCache(store, '', { native: native ? nativeCode : null }) } : {}),
            ...(background === undefined ? {} : { background: startedCompiler(stats, background) }),
          });
          const wanted = expected[guest]![test.name];
          for (let times = twice ? 2 : 1; times > 0; times--) {
            const vcpu = cached();
            const run = await runProgram({ ...request, vcpu });
            vcpu.codeCache?.save();
            reconcile(stats);
            expect({ status: statusOf(run.exit), stdout: storedOutput(Buffer.from(run.stdout, 'latin1')) }).toEqual({
              status: wanted?.status,
              stdout: wanted?.stdout,
            });
          }
        },
      );
    }
    if (twice && !native)
      it('blocks came from the first runs', () => {
        expect(stats.keptBlocks).toBeGreaterThan(500);
      });
    if (native && !skip)
      it('modules came with native code', () => {
        expect(stats.nativeModules).toBeGreaterThan(10);
      });
    if (background !== undefined)
      it('modules came from elsewhere', () => {
        expect(stats.backgroundModules - stats.staleModules).toBeGreaterThan(10);
        expect(stats.backgroundFailures > 0).toBe(background.failsAfter !== undefined);
      });
    if (accelerator !== undefined)
      it('ran on the processor', () => {
        const { runs, syscalls, pageFaults, exceptions, interruptions, surrenders, translatedTurns } =
          accelerator.stats;
        expect(runs).toBeGreaterThan(1000);
        expect(syscalls + pageFaults + exceptions + interruptions + surrenders).toBe(runs);
        expect(translatedTurns > 0).toBe(kvm?.alternate !== undefined);
      });
    if (evicts && !skip)
      it('regions went for others', () => {
        expect(stats.evictedRegions).toBeGreaterThan(1000);
      });
  },
);
