/** Runs kernels given as TypeScript functions, in place of a device. */
import { GpuError } from '../../common/errors.ts';
import {
  checkBuffers,
  checkedGrid,
  checkedWorkgroup,
  checkRange,
  checkSize,
  copyOf,
  packParameters,
  triple,
  type Triple,
} from '../launch.ts';
import type { GpuStats } from '../stats.ts';
import type { DeviceInfo, GpuBuffer, GpuDevice, GpuHost, Kernel, Launch, ParameterTypes } from '../types.ts';
import { wordsOf, type CpuProgram, type Invocation, type Words } from './program.ts';

const LIMIT = 2 ** 28;
/** Workgroups between two turns of the event loop and looks at the clock. */
const GROUPS_A_TURN = 64;

export const CPU_INFO: DeviceInfo = {
  ...{ type: 'cpu', name: 'TypeScript on the processor', vendor: 'hospes', architecture: 'cpu', features: [] },
  limits: {
    maxBufferSize: LIMIT,
    maxStorageBufferBindingSize: LIMIT,
    maxStorageBuffersPerShaderStage: 8,
    maxUniformBufferBindingSize: 65536,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupSizeX: 256,
    maxComputeWorkgroupSizeY: 256,
    maxComputeWorkgroupSizeZ: 64,
    maxComputeWorkgroupsPerDimension: 65535,
    maxComputeWorkgroupStorageSize: 16384,
  },
};

export class CpuBuffer implements GpuBuffer {
  readonly device: CpuDevice;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #stats: GpuStats;
  #destroyed = false;

  constructor(device: CpuDevice, size: number, stats: GpuStats) {
    this.device = device;
    this.bytes = new Uint8Array(size);
    this.#stats = stats;
  }

  get size(): number {
    return this.bytes.length;
  }

  write(data: ArrayBufferView, offset = 0): void {
    this.check();
    checkRange(offset, data.byteLength, this.size);
    this.bytes.set(copyOf(data), offset);
    this.#stats.bytesUp += data.byteLength;
  }

  // Async, so that a caller's mistake rejects, as it does with every device.
  async read(offset = 0, length = this.size - offset): Promise<Uint8Array<ArrayBuffer>> {
    this.check();
    checkRange(offset, length, this.size);
    this.#stats.bytesDown += length;
    return Promise.resolve(this.bytes.slice(offset, offset + length));
  }

  check(): void {
    if (this.#destroyed) throw new TypeError('a destroyed buffer was used');
  }

  destroy(): void {
    this.#destroyed = true;
  }
}

export class CpuDevice implements GpuDevice {
  readonly info = CPU_INFO;
  readonly #host: GpuHost;
  readonly #stats: GpuStats;
  readonly #timeout: number;
  #lost: GpuError | null = null;

  /** `timeout`: milliseconds for a launch that says nothing else. */
  constructor(host: GpuHost, stats: GpuStats, timeout: number) {
    this.#host = host;
    this.#stats = stats;
    this.#timeout = timeout;
  }

  get lost(): GpuError | null {
    return this.#lost;
  }

  async buffer(size: number): Promise<GpuBuffer> {
    this.#check();
    checkSize(size, this.info.limits);
    return Promise.resolve(new CpuBuffer(this, size, this.#stats));
  }

  async compile(kernel: Kernel, workgroup?: readonly number[]): Promise<void> {
    this.#check();
    checkedWorkgroup(kernel, workgroup, this.info.limits);
    programOf(kernel);
    return Promise.resolve();
  }

  async run<P extends ParameterTypes>(kernel: Kernel<P>, launch: Launch<P>): Promise<void> {
    this.#stats.launches++;
    this.#stats.fallbacks++;
    const begun = this.#host.now();
    try {
      this.#check();
      await this.#execute(kernel, launch, begun + BigInt(Math.round((launch.timeout ?? this.#timeout) * 1e6)));
      this.#stats.completed++;
    } catch (error) {
      this.#stats.failures++;
      throw error;
    } finally {
      this.#stats.runTime += Number(this.#host.now() - begun);
    }
  }

  async #execute<P extends ParameterTypes>(kernel: Kernel<P>, launch: Launch<P>, deadline: bigint): Promise<void> {
    const program = programOf(kernel);
    const { limits } = this.info;
    const grid = checkedGrid(kernel, launch.grid, limits);
    const size = checkedWorkgroup(kernel, launch.workgroup, limits) ?? triple(program.workgroup ?? [], 'the workgroup');
    checkBuffers(kernel, launch.buffers);
    packParameters(kernel, launch.parameters);
    const buffers = launch.buffers.map((buffer, index) => {
      if (!(buffer instanceof CpuBuffer) || buffer.device !== this)
        throw new TypeError(`kernel ${kernel.name}: a buffer of another device`);
      buffer.check();
      return wordsOf(kernel.bindings[index]?.type ?? 'u32', buffer.bytes.buffer);
    });
    const parameters: Readonly<Record<string, number>> = launch.parameters ?? {};
    let groups = 0;
    for (const group of coordinates(grid)) {
      if (groups++ % GROUPS_A_TURN === GROUPS_A_TURN - 1) await this.#turn(kernel, deadline);
      runGroup(program, coordinates(size), { group, grid, size }, buffers, parameters);
    }
  }

  /** Lets others have the event loop. A function cannot be interrupted, only what lies between workgroups. */
  async #turn({ name }: Kernel, deadline: bigint): Promise<void> {
    if (this.#host.now() > deadline) {
      this.#stats.timeouts++;
      throw new GpuError('gpu-timeout', `kernel ${name} did not end in time on the processor`);
    }
    await new Promise<void>((resolve) => void this.#host.setTimer(0n, () => resolve()));
    this.#check();
  }

  #check(): void {
    if (this.#lost !== null) throw this.#lost;
  }

  destroy(): void {
    this.#lost ??= new GpuError('gpu-device-lost', 'the device was destroyed');
  }
}

function programOf({ name, cpu }: Kernel): CpuProgram {
  if (cpu === undefined)
    throw new GpuError('gpu-no-cpu-kernel', `kernel ${name} has no TypeScript function, so only a device can run it`);
  return cpu;
}

function* coordinates([width, height, depth]: Triple): Generator<Triple> {
  for (let z = 0; z < depth; z++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) yield [x, y, z];
}

/** All invocations of a workgroup, from barrier to barrier. */
function runGroup(
  program: CpuProgram,
  locals: Iterable<Triple>,
  { group, grid, size }: { readonly group: Triple; readonly grid: Triple; readonly size: Triple },
  buffers: readonly Words[],
  parameters: Readonly<Record<string, number>>,
): void {
  const shared = Object.fromEntries(
    Object.entries(program.shared ?? {}).map(([name, [type, length]]) => [
      name,
      wordsOf(type, new ArrayBuffer(4 * length)),
    ]),
  );
  let waiting: Generator<undefined, void>[] = [];
  for (const local of locals) {
    const global = [0, 1, 2].map((axis) => (group[axis] ?? 0) * (size[axis] ?? 1) + (local[axis] ?? 0));
    const invocation: Invocation = { global: global as unknown as Triple, local, group, grid };
    const started = program.main(invocation, buffers, parameters, shared);
    if (started !== undefined) waiting.push(started);
  }
  while (waiting.length > 0) waiting = waiting.filter((invocation) => invocation.next().done !== true);
}
