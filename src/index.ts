/**
 * Hospes runs Linux programs built for other architectures. This is its API on Node.
 *
 * @packageDocumentation
 */
import { startProgram, type Running, type StartRequest } from './api/process.ts';
import { CapturedOutput, FedInput, StreamedOutput } from './api/streams.ts';
import {
  RunLimitError,
  type Counters,
  type ExitResult,
  type ProgramOptions,
  type RunOptions,
  type RunResult,
} from './api/types.ts';
import type { GuestGraphics } from './gpu/types.ts';
import { keptCode } from './platform/node/code-store.ts';
import { readHostProgram } from './platform/node/host-program.ts';
import { createNodePlatform } from './platform/node/node-platform.ts';
import { prebuiltModules } from './platform/node/prebuilt.ts';
import type { HostOutput, HostStdin } from './platform/types.ts';

export { RunLimitError } from './api/types.ts';
export type {
  Accelerator,
  AcceleratorCounters,
  Counters,
  Endpoint,
  EngineStats,
  ExitResult,
  GpuStats,
  Input,
  LimitName,
  Limits,
  CpuLevel,
  KvmStats,
  MemoryModel,
  Network,
  Mount,
  ProgramOptions,
  Publication,
  RunEvent,
  RunOptions,
  RunResult,
  Tier,
  User,
} from './api/types.ts';
export {
  AttemptsError,
  ConfigurationError,
  GpuError,
  HospesError,
  LimitError,
  LoadError,
  UnsupportedError,
} from './common/errors.ts';
export { TranslationCache } from './api/translate/cache.ts';
export type {
  SharedTranslationCacheOptions,
  TranslationCacheHandle,
  TranslationCacheOptions,
} from './api/translate/cache.ts';
export type { GuestName, TranslateRequest } from './api/translate/request.ts';
export type { TranslationCacheStats } from './api/translate/store.ts';
export { defaultTranslationCache, translateBlock, type BlockTranslation } from './api/translate/translate-block.ts';
export type { Translation, TranslationStatistics } from './api/translate/translation.ts';

/** A signal that a guest process can be sent. */
export type SignalName = Parameters<Running['kill']>[0];

export interface ProcessOptions extends ProgramOptions {
  /** A file of the host, or with `root` an absolute path inside it, or the program's bytes. */
  readonly program: string | Uint8Array;
}

/** A guest process that runs while its streams are used. */
export interface GuestProcess {
  /** A write settles once the guest has read it. Close it to end the guest's input. */
  readonly stdin: WritableStream<Uint8Array>;
  /** The guest waits while its reader is behind; cancelling breaks the pipe. */
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Rejects with {@link RunLimitError} at a limit. */
  readonly exited: Promise<ExitResult>;
  /** Sends a signal, as kill(1) would. Default `SIGTERM`. */
  kill(signal?: SignalName): void;
  counters(): Counters;
}

const graphics = async (): Promise<GuestGraphics> =>
  new (await import('./gpu/node/graphics-process.ts')).GraphicsProcess();

/** Where bytes given as a program lie in the guest. */
const PROGRAM_PATH = '/program';

/**
 * Runs a program to its end and captures its output.
 *
 * @param program A file of the host, or with `root` an absolute path inside it, or the program's bytes.
 * @throws {@link LoadError} when it is no program that this version runs, {@link ConfigurationError} for options that
 * cannot be honoured, {@link RunLimitError} (with the output until then) when a limit ended it. A guest that fails or
 * crashes is a result, not an error.
 *
 * @example
 * ```ts
 * import { run } from 'hospes';
 *
 * const { stdout, exitCode } = await run('tests/fixtures/riscv64/hello');
 * console.log(new TextDecoder().decode(stdout).trim()); // Hello from the guest!
 * console.log(exitCode); // 0
 * ```
 *
 * @example
 * ```ts
 * import { run, RunLimitError } from 'hospes';
 *
 * try {
 *   await run('tests/fixtures/riscv64/loop', { limits: { wallTime: 100 } });
 * } catch (error) {
 *   console.log(error instanceof RunLimitError && error.limit); // wallTime
 * }
 * ```
 */
export async function run(program: string | Uint8Array, options: RunOptions = {}): Promise<RunResult> {
  const stdin = new FedInput();
  const stdout = new CapturedOutput();
  const stderr = new CapturedOutput();
  const running = await start({ ...options, program }, stdin, stdout, stderr);
  const fed = feed(stdin, options.stdin);
  const results = (exit: ExitResult): RunResult => ({
    ...exit,
    stdout: stdout.bytes(),
    stderr: stderr.bytes(),
    counters: running.counters(),
  });
  try {
    return results(await running.exited);
  } catch (error) {
    if (!(error instanceof RunLimitError)) throw error;
    const killed: ExitResult = { exitCode: null, signal: 'SIGKILL', crash: null };
    throw new RunLimitError(error.limit, error.code, error.message, results(killed));
  } finally {
    stdin.close();
    await fed;
  }
}

/**
 * Starts a program and gives its streams.
 *
 * @throws as {@link run} does, but for limits, which `exited` reports.
 *
 * @example
 * ```ts
 * import { createProcess } from 'hospes';
 *
 * const child = await createProcess({ program: 'tests/fixtures/riscv64/loop' });
 * const reader = child.stdout.getReader();
 * console.log(new TextDecoder().decode((await reader.read()).value).trim()); // looping
 * child.kill('SIGTERM');
 * console.log((await child.exited).signal); // SIGTERM
 * ```
 */
export async function createProcess(options: ProcessOptions): Promise<GuestProcess> {
  const stdin = new FedInput();
  const stdout = new StreamedOutput();
  const stderr = new StreamedOutput();
  const running = await start(options, stdin, stdout, stderr);
  // The caller may look at the streams first and at how it ended much later.
  running.exited.catch(() => undefined);
  return {
    stdin: stdin.writable(),
    stdout: stdout.stream,
    stderr: stderr.stream,
    exited: running.exited,
    kill: (signal = 'SIGTERM') => running.kill(signal),
    counters: () => running.counters(),
  };
}

function start(options: ProcessOptions, stdin: HostStdin, stdout: HostOutput, stderr: HostOutput): Promise<Running> {
  const platform = { ...createNodePlatform(), stdin, stdout, stderr };
  return startProgram(
    { platform, prebuilt: prebuiltModules, graphics, ...(options.cache === true ? keptCode() : {}) },
    requestOf(options),
  );
}

/** Says where in the guest the program lies. */
function requestOf({ program, ...options }: ProcessOptions): StartRequest {
  if (typeof program !== 'string') return { ...options, path: PROGRAM_PATH, bytes: program };
  if (options.root !== undefined || options.image !== undefined) return { ...options, path: program };
  return { argv0: program, ...options, ...readHostProgram(program) };
}

async function feed(stdin: FedInput, input: RunOptions['stdin']): Promise<void> {
  if (input instanceof ReadableStream) return stdin.pump(input);
  if (input !== undefined) stdin.push(typeof input === 'string' ? new TextEncoder().encode(input) : input);
  stdin.end();
}
