/** `hospes run`: a guest with this process's streams, signals and exit status. */
import { defaultEnvironment } from '../api/environment.ts';
import { signalNumber, startProgram, type Host, type Running, type StartRequest } from '../api/process.ts';
import type { Counters, ExitResult, Mount } from '../api/types.ts';
import type { GuestGraphics } from '../gpu/types.ts';
import { readRetries } from '../platform/node/host-errors.ts';
import { guestPath, readHostProgram } from '../platform/node/host-program.ts';
import { keptCode, openBundle, type CodeBundle } from '../platform/node/code-store.ts';
import { createNodePlatform } from '../platform/node/node-platform.ts';
import { prebuiltModules } from '../platform/node/prebuilt.ts';
import { streamKind } from '../platform/node/stream-kind.ts';
import type { RunRequest } from './command-line.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { statisticsJson, statisticsTable } from './statistics.ts';
import { TraceFile } from './trace.ts';

/** Signals that are passed on to the guest; the terminal sends the first two to everybody in the foreground. */
const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

type SignalName = (typeof FORWARDED)[number];

/** Signals that mean that something went wrong, and whose default is to dump core. */
const CORE_SIGNALS: ReadonlySet<string> = new Set([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);

const graphics = async (): Promise<GuestGraphics> =>
  new (await import('../gpu/node/graphics-process.ts')).GraphicsProcess();

/** Runs it to its end; `complain` takes lines for standard error. */
export async function runCommand(request: RunRequest, complain: (line: string) => void): Promise<number> {
  const platform = createNodePlatform();
  const begun = platform.clock.monotonic();
  const trace = request.trace === undefined ? undefined : new TraceFile(request.trace, complain);
  const signals = new SignalForwarder();
  const bundle = request.bundle === undefined ? undefined : openBundle(request.bundle);
  let status: number;
  try {
    const running = await startProgram(
      { platform, prebuilt: prebuiltModules, graphics, ...codeFor(request.cache, bundle) },
      startRequest(request, complain, trace),
    );
    signals.deliverTo(running);
    try {
      status = statusOf(await running.exited, complain);
      if (bundle !== undefined && running.codeCache.ahead === 0)
        complain(
          `hospes: nothing in ${request.bundle ?? ''} was for a program that ran, or for this version of Hospes`,
        );
    } finally {
      const seconds = Number(platform.clock.monotonic() - begun) / 1e9;
      if (request.stats !== undefined) printStatistics(request.stats, running.counters(), seconds, complain);
    }
  } finally {
    signals.stop();
    trace?.close();
  }
  return trace?.failed === true ? EXIT_STATUS.HOSPES_FAILED : status;
}

/** Where compiled code comes from: the cache, a bundle, both or neither. */
function codeFor(cache: boolean, bundle: CodeBundle | undefined): Pick<Host, 'code'> {
  const kept = keptCode().code;
  if (kept === undefined || (!cache && bundle === undefined)) return {};
  return { code: { ...kept, store: cache ? kept.store : null, ...(bundle === undefined ? {} : { bundle }) } };
}

function statusOf({ exitCode, signal, crash }: ExitResult, complain: (line: string) => void): number {
  if (signal === null) return exitCode;
  if (crash !== null) complain(`hospes: ${crash}`);
  else if (CORE_SIGNALS.has(signal)) complain(`hospes: killed by ${signal}`);
  return EXIT_STATUS.SIGNAL_BASE + signalNumber(signal);
}

/** What the command line means to the API. */
export function startRequest(
  request: RunRequest,
  complain: (line: string) => void,
  trace?: Pick<TraceFile, 'add'>,
): StartRequest {
  const {
    root,
    image,
    accel,
    memoryModel,
    tier,
    compile,
    parallel,
    cpu,
    memory,
    timeout,
    network,
    publish,
    pids,
    disk,
    codeSize,
    cpus,
    maxOutput,
  } = request;
  const user = request.user ?? (image === undefined ? defaultUser(root) : undefined);
  const limits = {
    ...(memory === undefined ? {} : { memory }),
    ...(timeout === undefined ? {} : { wallTime: timeout }),
    ...(pids === undefined ? {} : { tasks: pids }),
    ...(disk === undefined ? {} : { disk }),
    ...(codeSize === undefined ? {} : { code: codeSize }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(maxOutput === undefined ? {} : { outputBytes: maxOutput }),
  };
  return {
    ...place(request),
    argv0: request.program,
    args: request.args,
    env: { ...(user === undefined ? {} : defaultEnvironment(user.uid)), ...terminalType(), ...request.env },
    accel,
    memoryModel,
    tier,
    compile,
    ...(parallel ? { parallel } : {}),
    ...(cpu === undefined ? {} : { cpu }),
    ...(user === undefined ? {} : { user }),
    limits,
    ...(network === undefined ? {} : { network }),
    publish,
    ...(request.gpu ? { gpu: true } : {}),
    ...(request.strace ? { onSyscall: complain } : {}),
    ...(trace === undefined ? {} : { onEvent: (event) => trace.add(event) }),
  };
}

/** What is drawn on the host's terminal has to know its type. */
function terminalType(): Record<string, string> {
  const type = process.env['TERM'];
  return type !== undefined && streamKind(1) === 'tty' ? { TERM: type } : {};
}

type Place = Pick<StartRequest, 'path' | 'bytes' | 'root' | 'image' | 'mounts' | 'cwd'>;

/** Where the guest finds what: inside the root folder, or among the folders of the host that it may see. */
function place({ program, root, image, mounts, cwd }: RunRequest): Place {
  if (image !== undefined) return { path: program, image, mounts, ...(cwd === undefined ? {} : { cwd }) };
  if (root !== undefined) return { path: program, root, mounts, cwd: cwd ?? '/' };
  const current = process.cwd();
  const here = guestPath(current);
  const found = readHostProgram(program);
  // The current directory may be the root itself, which then lies below /dev and the like.
  if (here === '/') return { ...found, root: current, mounts, cwd: cwd ?? here };
  const own: Mount = { source: current, target: here, readOnly: true };
  return { ...found, mounts: [own, ...mounts], cwd: cwd ?? here };
}

function defaultUser(root: string | undefined): { uid: number; gid: number } {
  if (root !== undefined) return { uid: 0, gid: 0 };
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** Passes signals on to the guest, from before it starts to its end. */
class SignalForwarder {
  readonly #early: SignalName[] = [];
  readonly #listeners: readonly (readonly [SignalName, () => void])[];
  #running: Running | undefined;

  constructor() {
    this.#listeners = FORWARDED.map((name) => [name, () => this.#forward(name)] as const);
    for (const [name, listener] of this.#listeners) process.on(name, listener);
  }

  deliverTo(running: Running): void {
    this.#running = running;
    for (const name of this.#early) running.kill(name);
  }

  stop(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
  }

  #forward(name: SignalName): void {
    if (this.#running === undefined) this.#early.push(name);
    else this.#running.kill(name);
  }
}

function printStatistics(
  form: 'table' | 'json',
  counters: Counters,
  seconds: number,
  complain: (line: string) => void,
): void {
  const figures = {
    counters,
    seconds,
    hostMemory: process.resourceUsage().maxRSS * 1024,
    interruptedReads: readRetries.attempts - readRetries.operations,
  };
  for (const line of form === 'json' ? [statisticsJson(figures)] : statisticsTable(figures)) complain(line);
}
