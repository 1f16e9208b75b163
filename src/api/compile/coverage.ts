/** How much of what a program executes was compiled ahead: it runs twice, in tier 0 alone and with that code alone. */
import type { CodeRange } from '../../engine/code-cache.ts';
import { startProgram, type Host, type Running, type StartRequest } from '../process.ts';
import { CapturedOutput, FedInput } from '../streams.ts';
import type { CompiledProgram } from './compile-program.ts';

export interface Coverage {
  /** Guest instructions that were executed in tier 0. */
  readonly instructions: number;
  /** Of them, those whose code was compiled ahead. */
  readonly covered: number;
  /** Instructions that were executed in code that was compiled ahead, where there was no other compiled code. */
  readonly compiled: number;
  /** The exit status, or the signal that killed it. */
  readonly outcome: string;
  /** Whether both runs ended the same way, with the same output. */
  readonly isSame: boolean;
}

export async function measureCoverage(
  host: Host,
  request: StartRequest,
  { bundle, ranges }: CompiledProgram,
): Promise<Coverage> {
  let covered = 0;
  const known = new Map<number, boolean>();
  const onBlock = (pc: number, instructions: number): void => {
    let isCovered = known.get(pc);
    if (isCovered === undefined) known.set(pc, (isCovered = holds(ranges, pc)));
    if (isCovered) covered += instructions;
  };
  const interpreted = await runQuietly({ ...host, onBlock }, { ...request, accel: 'wasm', tier: 0 });
  const version = bundle.key.slice(0, bundle.key.indexOf('\n'));
  const code = { store: null, version, bundle };
  const compiled = await runQuietly({ ...host, code, usesKeptCodeAlone: true }, { ...request, accel: 'wasm', tier: 1 });
  return {
    instructions: interpreted.counters.instructions,
    covered,
    compiled: compiled.counters.engine.compiledInstructions,
    outcome: interpreted.outcome,
    isSame: interpreted.outcome === compiled.outcome && interpreted.output === compiled.output,
  };
}

interface QuietRun {
  readonly outcome: string;
  readonly output: string;
  readonly counters: ReturnType<Running['counters']>;
}

async function runQuietly(host: Host, request: StartRequest): Promise<QuietRun> {
  const stdin = new FedInput();
  stdin.end();
  const [stdout, stderr] = [new CapturedOutput(), new CapturedOutput()];
  const running = await startProgram({ ...host, platform: { ...host.platform, stdin, stdout, stderr } }, request);
  const { exitCode, signal } = await running.exited;
  const decoder = new TextDecoder('latin1');
  return {
    outcome: signal ?? String(exitCode),
    output: `${decoder.decode(stdout.bytes())}\0${decoder.decode(stderr.bytes())}`,
    counters: running.counters(),
  };
}

/** Whether one of some ranges, ascending and disjoint, holds a pc. */
function holds(ranges: readonly CodeRange[], pc: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.end ?? Infinity) <= pc) low = middle + 1;
    else high = middle;
  }
  return (ranges[low]?.start ?? Infinity) <= pc;
}
