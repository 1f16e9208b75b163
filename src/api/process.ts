/** Starts a guest program on a platform; `index.ts` binds it to Node, a browser entry can bind it to another. */
import { ConfigurationError, UnsupportedError } from '../common/errors.ts';
import { BackgroundCompiler } from '../engine/background.ts';
import { CodeCache, type AheadBundle, type CodeCacheStats } from '../engine/code-cache.ts';
import { createEngineStats } from '../engine/stats.ts';
import { MemoryGroup } from '../engine/parallel/memory-group.ts';
import { ParallelVcpu } from '../engine/parallel/parallel-vcpu.ts';
import { DEFAULT_CODE_LIMITS } from '../engine/regions.ts';
import { Vcpu } from '../engine/vcpu.ts';
import type { GuestGraphics } from '../gpu/types.ts';
import type { PrebuiltModules } from '../host/interpreter/instance.ts';
import {
  createProcess,
  ProcessList,
  SIGNAL,
  RunEvents,
  type LinuxProcess,
  type Personality,
  type ProcessExit,
  type SignalName,
} from '../linux/index.ts';
import { ADDRESS_SPACE } from '../memory/layout.ts';
import { isLinuxError } from '../linux/errno.ts';
import { RELEASE, VERSION } from '../linux/syscalls/identity.ts';
import { O_RDONLY } from '../linux/vfs/constants.ts';
import { addMessageDevice } from '../linux/vfs/dev/message-device.ts';
import type { MachineFacts } from '../linux/vfs/proc/proc-fs.ts';
import type { Vfs } from '../linux/vfs/vfs.ts';
import type { CodeStore, Platform } from '../platform/types.ts';
import { UsedCapabilities } from './used-capabilities.ts';
import { defaultEnvironment } from './environment.ts';
import { addProgram, buildFileTree, findProgram, makerContext, resolveDirectory, type FileTree } from './file-tree.ts';
import { loadArchives, withImage, type Archives } from './image/load.ts';
import { chooseAccelerator } from './accelerator.ts';
import { keepsOrder, openGuestThreads } from './parallel.ts';
import { openNetwork, type GuestNetwork } from './network.ts';
import { guestFor, guests, HEAD_LENGTH, machineOf, type GuestSupport } from './guests.ts';
import {
  RunLimitError,
  type Counters,
  type CpuLevel,
  type ExitResult,
  type LimitName,
  type ProgramOptions,
} from './types.ts';

/** Where compiled code is kept from run to run, and the version of what compiles it. */
export interface KeptCode {
  readonly store: CodeStore | null;
  readonly version: string;
  readonly bundle?: AheadBundle;
}

/** Where a program runs. */
export interface Host {
  readonly platform: Platform;
  /** Interpreter modules that were built with the package. */
  readonly prebuilt?: PrebuiltModules;
  /** Where compiled code is kept from run to run, and the version of what compiles it. */
  readonly code?: KeptCode;
  /** Compiles nothing, and uses what was compiled before from the first time on, to see how much of a run that is. */
  readonly usesKeptCodeAlone?: boolean;
  /** For tools; see the vCPU's option. */
  readonly onBlock?: (pc: number, instructions: number) => void;
  /** Is given the process before its first instruction. */
  readonly onStart?: (started: LinuxProcess) => void;
  /** Graphics, for guests that are given them. */
  readonly graphics?: () => Promise<GuestGraphics>;
}

export interface StartRequest extends ProgramOptions {
  /** Absolute path in the guest. */
  readonly path: string;
  /** The program itself, where the guest's files need not have it. */
  readonly bytes?: Uint8Array;
}

export interface Running {
  /** How it ended; rejects with `RunLimitError` at a limit, and when Hospes itself failed. */
  readonly exited: Promise<ExitResult>;
  kill(signal: SignalName): void;
  counters(): Counters;
  /** Of this run's programs. */
  readonly codeCache: CodeCacheStats;
}

const HOSTNAME = 'hospes';
/** Nanoseconds after which a run may have a thread that compiles: one that ends sooner gains nothing by it. */
const THREAD_AFTER = 500_000_000n;
/** In /dev. */
const GPU_DEVICE = 'hospes-gpu';
const LIMITS: Readonly<Record<string, LimitName>> = {
  'limit-instructions': 'instructions',
  'limit-wall-time': 'wallTime',
  'limit-output': 'outputBytes',
};

/** Loads the program and starts it. Throws `LoadError` or `ConfigurationError` when it cannot be started. */
export async function startProgram(host: Host, asked: StartRequest): Promise<Running> {
  const { platform } = host;
  checkOptions(asked);
  asked.signal?.throwIfAborted();
  const archives = await loadArchives(platform, asked);
  const request = withImage(asked, archives);
  const { root, mounts = [], user = { uid: 0, gid: 0 }, limits = {} } = request;
  const processes = new ProcessList();
  const machine = new Machine(limits.memory ?? ADDRESS_SPACE);
  const tree = buildFileTree({ platform, root, mounts, user, processes, machine, archives });
  try {
    return await startIn(tree, { host, request, archives, processes, machine });
  } catch (error) {
    tree.close();
    throw error;
  }
}

interface Start {
  readonly host: Host;
  readonly request: StartRequest;
  readonly archives: Archives;
  readonly processes: ProcessList;
  readonly machine: Machine;
}

async function startIn(tree: FileTree, { host, request, archives, processes, machine }: Start): Promise<Running> {
  const { platform } = host;
  const { vfs, dev } = tree;
  const { bytes, user = { uid: 0, gid: 0 }, limits = {}, signal } = request;
  const path = archives.image === undefined ? request.path : findProgram(vfs, request.path, request.env ?? {});
  if (bytes !== undefined) addProgram(vfs, path, bytes);
  if (limits.disk !== undefined) vfs.environment.disk.limitGrowth(limits.disk);
  const graphics = request.gpu === true ? await openGraphics(host) : undefined;
  if (graphics !== undefined) addMessageDevice(vfs.environment, dev, GPU_DEVICE, graphics);
  const support = onCpu(
    guestFor(path, (name) => readHead(vfs, name)),
    request.cpu,
  );
  machine.support = support;
  const { memoryModel: model = 'auto', tier = 1 } = request;
  if (model === 'host') requirePageProtection(platform);
  // The loader says what is wrong with what is no program.
  const isProgram = machineOf(path, (name) => readHead(vfs, name)) !== undefined;
  const accelerator = isProgram ? chooseAccelerator(platform, request, support.guest.name) : null;
  const stats = createEngineStats();
  const threads = openGuestThreads(platform, request, support.guest.name, stats);
  machine.cpus = threads?.count ?? 1;
  const capabilities = new UsedCapabilities();
  const events =
    request.onEvent === undefined ? undefined : new RunEvents(() => platform.clock.monotonic(), request.onEvent);
  const { store = null, version = '', bundle = null } = host.code ?? {};
  const codeCache = new CodeCache(store, version, {
    bundle,
    native: store === null ? null : (platform.nativeCode?.() ?? null),
  });
  const begun = platform.clock.monotonic();
  const isLate = (): boolean => platform.clock.monotonic() - begun >= THREAD_AFTER;
  const background =
    request.compile === 'sync'
      ? undefined
      : new BackgroundCompiler(() => platform.startCompileThread?.() ?? null, stats, isLate);
  const personality = ({ guest, abi }: GuestSupport): Personality => ({
    abi,
    createVcpu: (memory) => {
      const memoryModel = model === 'auto' ? 'host' : model;
      const group =
        threads === null ? null : new MemoryGroup(threads, { memory, tier, model: memoryModel, ...prebuiltOf(host) });
      const vcpu = new Vcpu({
        guest,
        memory,
        memoryModel,
        pageProtection: () => capabilities.pageProtection(platform),
        enableWasmFeatures: () => capabilities.enableWasmFeatures(platform),
        tier,
        clock: () => platform.clock.monotonic(),
        random: () => random64(platform),
        codeCache,
        ...(background === undefined ? {} : { background }),
        ...(limits.code === undefined ? {} : { codeLimits: { ...DEFAULT_CODE_LIMITS, bytes: limits.code } }),
        ...(host.usesKeptCodeAlone === true ? { compiles: false, compileThreshold: 1 } : {}),
        ...(host.onBlock === undefined ? {} : { onBlock: host.onBlock }),
        ...prebuiltOf(host),
        ...(group === null ? {} : { peers: group.peers }),
        stats,
        ...(events === undefined ? {} : { events: events.engine }),
      });
      if (group !== null) {
        group.engine = vcpu;
        return new ParallelVcpu(vcpu, group, keepsOrder(guest.name, platform));
      }
      return guest.name === 'x64' && accelerator !== null ? accelerator.accelerate(vcpu) : vcpu;
    },
  });
  const network = openNetwork(platform, request);
  const started = createProcess({
    ...personality(support),
    otherGuests: guests.filter(({ guest }) => guest.name !== support.guest.name).map(personality),
    vfs,
    dev,
    platform,
    processes,
    program: path,
    argv: [request.argv0 ?? path, ...(request.args ?? [])],
    env: request.env ?? defaultEnvironment(user.uid),
    cwd: resolveDirectory(vfs, request.cwd ?? '/'),
    user,
    hostname: HOSTNAME,
    limits,
    network: network.access,
    ...(threads === null ? {} : { beside: threads }),
    ...(limits.memory === undefined ? {} : { memoryLimit: limits.memory }),
    ...(request.onSyscall === undefined ? {} : { trace: request.onSyscall }),
    ...(events === undefined ? {} : { events }),
  });
  machine.process = started;
  host.onStart?.(started);
  return {
    exited: runToEnd(started, platform, network, vfs, signal).finally(() => {
      threads?.end();
      background?.close();
      codeCache.save();
      tree.close();
      return graphics?.close();
    }),
    kill: (name) => started.kill(name),
    counters: () => {
      if (stats.nativeModules > 0) capabilities.note('native-code');
      return {
        ...started.counters(),
        accelerator: accelerator === null ? { name: 'wasm' } : { name: 'kvm', ...accelerator.stats },
        engine: { ...stats },
        ...graphicsCounters(capabilities, graphics),
      };
    },
    codeCache: codeCache.stats,
  };
}

function prebuiltOf({ prebuilt }: Host): Pick<Host, 'prebuilt'> {
  return prebuilt === undefined ? {} : { prebuilt };
}

function openGraphics({ graphics }: Host): Promise<GuestGraphics> {
  if (graphics === undefined) throw new UnsupportedError('gpu', 'there is no way to graphics here');
  return graphics();
}

function graphicsCounters(
  capabilities: UsedCapabilities,
  graphics: GuestGraphics | undefined,
): Pick<Counters, 'capabilities' | 'gpu'> {
  if (graphics === undefined) return { capabilities: capabilities.used };
  const gpu = graphics.counters();
  if (gpu.completed > 0) capabilities.note('webgpu');
  return { capabilities: capabilities.used, gpu };
}

function random64(platform: Platform): bigint {
  const words = new BigUint64Array(1);
  platform.random(new Uint8Array(words.buffer));
  return words[0] ?? 0n;
}

function onCpu(support: GuestSupport, level: CpuLevel | undefined): GuestSupport {
  if (level === undefined) return support;
  if (support.withCpu === undefined)
    throw new ConfigurationError(
      'bad-option',
      `cpu ${level} is a level of x86-64, and the program is for ${support.guest.name}`,
    );
  return support.withCpu(level);
}

function requirePageProtection(platform: Platform): void {
  const { protection, reason } = platform.pageProtection();
  if (protection === null)
    throw new UnsupportedError(
      'host-protection',
      `memory model host needs the host's page protection: ${reason ?? ''}`,
    );
}

async function runToEnd(
  started: LinuxProcess,
  platform: Platform,
  network: GuestNetwork,
  vfs: Vfs,
  signal: AbortSignal | undefined,
): Promise<ExitResult> {
  const abort = (): void => started.kill('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  // It may have come while archives were read.
  if (signal?.aborted === true) abort();
  try {
    await network.open(vfs);
    const exit = await started.run();
    await network.close();
    await Promise.all([platform.stdout.flush(), platform.stderr.flush()]);
    return resultOf(exit);
  } finally {
    signal?.removeEventListener('abort', abort);
    void network.close();
    for (const stream of [platform.stdin, platform.stdout, platform.stderr]) stream.close();
  }
}

function resultOf(exit: ProcessExit): ExitResult {
  switch (exit.kind) {
    case 'exit':
      return { exitCode: exit.code, signal: null, crash: null };
    case 'signal':
      return { exitCode: null, signal: exit.name, crash: exit.crash?.text ?? null };
    case 'limit': {
      const limit = LIMITS[exit.error.code];
      throw limit === undefined ? exit.error : new RunLimitError(limit, exit.error.code, exit.error.message);
    }
  }
}

/** The number of a signal by its name. */
export function signalNumber(name: string): number {
  const known = Object.entries(SIGNAL).find(([candidate]) => candidate === name)?.[1];
  // Real-time signals have no names of their own; signalName() counts them from 32.
  return known ?? 32 + Number(/^SIGRTMIN\+(\d+)$/.exec(name)?.[1] ?? 0);
}

function checkOptions({ path, limits = {}, root, image, argv0, args = [], env = {} }: StartRequest): void {
  if (image === undefined && root !== undefined && !path.startsWith('/'))
    throw new ConfigurationError(
      'program-path',
      `${path}: with a root folder, give the program's absolute path inside it`,
    );
  for (const [name, value] of Object.entries(limits) as [string, number][])
    if (!(value > 0)) throw new RangeError(`limit ${name} is ${String(value)}; give a number above 0`);
  const texts = [path, argv0 ?? '', ...args, ...Object.entries(env).flat()];
  if (texts.some((text) => text.includes('\0')))
    throw new TypeError('the program, its arguments and its environment cannot hold NUL characters');
}

function readHead(vfs: Vfs, path: string): Uint8Array | undefined {
  try {
    const file = vfs.open(makerContext(vfs), path, O_RDONLY);
    try {
      const head = new Uint8Array(HEAD_LENGTH);
      return head.subarray(0, file.read(head));
    } finally {
      file.release();
    }
  } catch (error) {
    // The loader opens it again and says what is wrong.
    if (isLinuxError(error)) return undefined;
    throw error;
  }
}

/** What /proc says of the machine; the process comes after the files. */
class Machine implements MachineFacts {
  readonly osRelease = RELEASE;
  readonly osVersion = VERSION;
  cpus = 1;
  readonly memoryTotal: number;
  support: GuestSupport | undefined;
  process: LinuxProcess | undefined;

  constructor(memoryTotal: number) {
    this.memoryTotal = memoryTotal;
  }

  get cpuInfo(): string {
    const first = this.support?.cpuInfo ?? '';
    // The tables say that they are of processor 0.
    return Array.from({ length: this.cpus }, (_, number) =>
      first.replaceAll(/^(processor|hart)(\t*): 0$/gm, `$1$2: ${String(number)}`),
    ).join('');
  }

  hostname(): string {
    return this.process?.process.hostname ?? HOSTNAME;
  }

  domainname(): string {
    return this.process?.process.domainname ?? '(none)';
  }

  setName(which: 'hostname' | 'domainname', name: string): void {
    if (this.process !== undefined) this.process.kernel[which] = name;
  }

  memoryFree(): number {
    return Math.max(this.memoryTotal - (this.process?.kernel.memory.used ?? 0), 0);
  }

  cpuTime(): bigint {
    return this.process?.process.cpuTime ?? 0n;
  }
}
