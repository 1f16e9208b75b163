/** Runs a program in a guest whose files live in memory. */
import { CapturedOutput, FedInput } from '../../api/streams.ts';
import { buildFileTree, makerContext } from '../../api/file-tree.ts';
import { guestFor } from '../../api/guests.ts';
import { Vcpu, type VcpuOptions } from '../../engine/vcpu.ts';
import { NodeClock, setNodeTimer } from '../../platform/node/clock.ts';
import type { Clock, HostNetwork, Platform } from '../../platform/types.ts';
import { createProcess, ProcessList, type CreateProcessOptions, type LinuxProcess } from '../index.ts';
import type { ProcessExit } from '../process/exit.ts';
import type { VcpuLike } from '../process/vcpu.ts';
import { O_CREAT, O_WRONLY } from '../vfs/constants.ts';
import type { Vfs } from '../vfs/vfs.ts';

export type FileTable = Readonly<Record<string, string | Uint8Array | { link: string } | { folder: true }>>;

export interface TestRunOptions extends Partial<
  Pick<CreateProcessOptions, 'limits' | 'trace' | 'memoryLimit' | 'memorySize' | 'user'>
> {
  readonly program: Uint8Array;
  /** Where the program lies; its folder must exist. */
  readonly path?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | null;
  /** Put into `/case`, the working directory. */
  readonly files?: FileTable;
  /** What runs the program; tier 0 with the strict memory model unless given. */
  readonly vcpu?: Partial<VcpuOptions>;
  /** Instructions that a vCPU runs at once; as many as it is asked for unless given. */
  readonly budget?: number;
  /** Instead of the host's. */
  readonly clock?: Clock;
  /** Makes the vCPU that runs a program; `Vcpu` itself unless given. */
  readonly makeVcpu?: (options: VcpuOptions) => Vcpu;
  /** Makes another vCPU of the one that runs the program. */
  readonly accelerate?: (vcpu: Vcpu) => VcpuLike;
  /** Called with the process before it runs. */
  readonly onStart?: (process: LinuxProcess, input: FedInput) => void;
}

export interface TestRun {
  readonly exit: ProcessExit;
  readonly stdout: string;
  readonly stderr: string;
  readonly vfs: Vfs;
  readonly process: LinuxProcess;
}

const refuse = (): never => {
  throw new Error('tests have nothing of the host');
};
const noNetwork: HostNetwork = {
  connect: refuse,
  datagrams: refuse,
  listen: refuse,
  bindDatagrams: refuse,
  resolve: refuse,
  nameServers: () => [],
};

export function testPlatform(clock: Clock = new NodeClock()): {
  platform: Platform;
  input: FedInput;
  stdout: CapturedOutput;
  stderr: CapturedOutput;
} {
  const input = new FedInput();
  const stdout = new CapturedOutput();
  const stderr = new CapturedOutput();
  const platform: Platform = {
    clock,
    random: (bytes) => void bytes.fill(0x5a),
    setTimer: setNodeTimer,
    pageProtection: () => ({ protection: null, reason: 'a test' }),
    files: {
      openFolder: () => {
        throw new Error('tests have no folders of the host');
      },
      isFolder: refuse,
      read: refuse,
    },
    decompress: () => 'unsupported',
    untar: refuse,
    sha256: refuse,
    network: noNetwork,
    stdin: input,
    stdout,
    stderr,
  };
  return { platform, input, stdout, stderr };
}

/** A guest's files with nothing but the usual folders and `/case`. */
export function testTree(platform: Platform): { tree: ReturnType<typeof buildFileTree>; processes: ProcessList } {
  const processes = new ProcessList();
  const machine = {
    osRelease: '6.12.0-hospes',
    osVersion: '#1 SMP',
    hostname: () => 'hospes',
    domainname: () => '(none)',
    setName: () => undefined,
    cpus: 1,
    cpuInfo: '',
    memoryTotal: 2 ** 30,
    memoryFree: () => 2 ** 29,
    cpuTime: () => 0n,
  };
  const tree = buildFileTree({ platform, root: undefined, mounts: [], user: { uid: 0, gid: 0 }, processes, machine });
  for (const path of ['/case', '/bin']) tree.vfs.mkdir(makerContext(tree.vfs), path, 0o777);
  return { tree, processes };
}

export function writeFiles(vfs: Vfs, folder: string, files: FileTable): void {
  const context = makerContext(vfs);
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    if (typeof content === 'string') writeFile(vfs, path, new TextEncoder().encode(content));
    else if (content instanceof Uint8Array) writeFile(vfs, path, content);
    else if ('link' in content) vfs.symlink(context, content.link, path);
    else vfs.mkdir(context, path, 0o755);
  }
}

export function writeFile(vfs: Vfs, path: string, bytes: Uint8Array, mode = 0o755): void {
  const file = vfs.open(makerContext(vfs), path, O_WRONLY | O_CREAT, mode);
  for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done));
  file.release();
}

/** Numbers that differ, the same in each run (splitmix64). */
function randomWords(): () => bigint {
  let state = 0n;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    const mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    return mixed ^ (mixed >> 27n);
  };
}

export async function runProgram(options: TestRunOptions): Promise<TestRun> {
  const { program, path = '/case/program', args = [], env = {}, stdin = new Uint8Array(), files = {} } = options;
  const { limits, trace, memoryLimit, memorySize, user } = options;
  const { platform, input, stdout, stderr } = testPlatform(options.clock);
  const { tree, processes } = testTree(platform);
  const { vfs, dev } = tree;
  const { guest, abi } = guestFor(path, () => program);
  const random = randomWords();
  writeFiles(vfs, '/case', files);
  writeFile(vfs, path, program);
  const optional = Object.fromEntries(
    Object.entries({ limits, trace, memoryLimit, memorySize, user }).filter(([, value]) => value !== undefined),
  ) as Partial<CreateProcessOptions>;
  const process = createProcess({
    abi,
    vfs,
    dev,
    platform,
    processes,
    createVcpu: (memory) => {
      const { makeVcpu = (of) => new Vcpu(of) } = options;
      const vcpu = makeVcpu({ guest, memory, clock: () => platform.clock.monotonic(), random, ...options.vcpu });
      return options.accelerate?.(vcpu) ?? inSteps(vcpu, options.budget);
    },
    program: path,
    argv: [path.slice(path.lastIndexOf('/') + 1), ...args],
    env,
    cwd: vfs.resolve(makerContext(vfs), '/case'),
    ...optional,
  });
  if (stdin !== null) {
    input.push(stdin);
    input.end();
  }
  options.onStart?.(process, input);
  const exit = await process.run();
  return { exit, stdout: latin1(stdout.bytes()), stderr: latin1(stderr.bytes()), vfs, process };
}

/** Makes a vCPU, and those made from it, run `budget` instructions at a time. */
function inSteps(vcpu: Vcpu, budget: number | undefined): Vcpu {
  if (budget === undefined) return vcpu;
  const run = vcpu.run.bind(vcpu);
  const createSibling = vcpu.createSibling.bind(vcpu);
  vcpu.run = (asked) => {
    const end = vcpu.instructions + asked;
    for (;;) {
      const exit = run(budget);
      if (exit.kind !== 'budget' || vcpu.instructions >= end) return exit;
    }
  };
  vcpu.createSibling = (index) => inSteps(createSibling(index), budget);
  return vcpu;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
