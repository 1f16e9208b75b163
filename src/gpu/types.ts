/** What a caller of `hospes/gpu` says and gets. */
import type { RetryHost, RetryPolicy } from '../common/retry.ts';
import type { MessageService } from '../common/message-service.ts';
import type { CpuProgram } from './cpu/program.ts';
import type { GpuStats } from './stats.ts';
import type { GpuSource, Limits } from './webgpu-api.ts';

/** Time and randomness, from the platform. */
export interface GpuHost extends RetryHost {
  /** Nanoseconds since an arbitrary start. */
  now(): bigint;
  /** WebGPU, or a `GpuError` that says why there is none. */
  source(): Promise<GpuSource>;
}

/** `software`: a driver that computes on the processor; `cpu`: no driver at all, kernels are TypeScript functions. */
export type DeviceType = 'hardware' | 'software' | 'cpu';

export interface DeviceInfo {
  readonly type: DeviceType;
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly limits: Limits;
  readonly features: readonly string[];
  /** Bytes; absent where nobody tells. */
  readonly memory?: number;
}

export type ElementType = 'f32' | 'i32' | 'u32';

/** Element type of a storage buffer and whether the kernel only reads it. */
export interface Binding {
  readonly type: ElementType;
  readonly access: 'read' | 'write';
}

/** Fields of a uniform struct in its order; each takes 4 bytes. */
export type ParameterTypes = Readonly<Record<string, ElementType>>;

/** A kernel: WGSL, with what it is given. All bindings lie in group 0. */
export interface Kernel<P extends ParameterTypes = ParameterTypes> {
  /** For messages. */
  readonly name: string;
  readonly code: string;
  /** Default `main`. */
  readonly entryPoint?: string;
  /** Storage buffers at binding 0, 1 and so on. `write` binds `read_write`. */
  readonly bindings: readonly Binding[];
  /** A uniform buffer, at the binding after them. */
  readonly parameters?: P;
  /**
   * Invocations of a workgroup, where WGSL leaves them open: it declares `override workgroup_x: u32;` (and `_y`, `_z`).
   */
  readonly workgroup?: readonly number[];
  /** The same in TypeScript, for `fallback: 'cpu'`. */
  readonly cpu?: CpuProgram;
}

export type ParameterValues<P extends ParameterTypes> = { readonly [Name in keyof P]: number };

/** A buffer on a device. */
export interface GpuBuffer {
  /** Bytes, a multiple of 4. */
  readonly size: number;
  /** @throws RangeError where the bytes do not fit; offset and length are multiples of 4. */
  write(data: ArrayBufferView, offset?: number): void;
  /** Waits for what was launched before. */
  read(offset?: number, length?: number): Promise<Uint8Array<ArrayBuffer>>;
  destroy(): void;
}

export interface Launch<P extends ParameterTypes = ParameterTypes> {
  readonly buffers: readonly GpuBuffer[];
  /** Workgroups in x, y, z; what is absent is 1. */
  readonly grid: readonly number[];
  /** Instead of the kernel's own. */
  readonly workgroup?: readonly number[];
  readonly parameters?: ParameterValues<P>;
  /** Milliseconds until the launch is given up, and the device with it. Default: the device's. */
  readonly timeout?: number;
}

/** One device, or the executor on the processor in its place. */
export interface GpuDevice {
  readonly info: DeviceInfo;
  /** Null as long as it works. */
  readonly lost: Error | null;
  /** A buffer of zeros. */
  buffer(size: number): Promise<GpuBuffer>;
  /** Compiles it unless that was done before; `run` does so too. */
  compile(kernel: Kernel, workgroup?: readonly number[]): Promise<void>;
  /** Resolves when it has run. */
  run<P extends ParameterTypes>(kernel: Kernel<P>, launch: Launch<P>): Promise<void>;
  destroy(): void;
}

export interface GpuOptions {
  /** What takes the place of a device where there is none: nothing, unless asked for. */
  readonly fallback?: 'cpu';
  /** Milliseconds for one launch, or to read. Default 10,000. */
  readonly timeout?: number;
}

export interface DeviceChoice {
  /** Default: hardware before software. */
  readonly type?: DeviceType;
  /** As `DeviceInfo` has it. */
  readonly name?: string;
}

/** A computation with all it needs: can be done again on another device. */
export interface Job<P extends ParameterTypes = ParameterTypes> {
  readonly kernel: Kernel<P>;
  /** For each binding its contents, or the bytes of a buffer of zeros. */
  readonly buffers: readonly (ArrayBufferView | number)[];
  /** Indices of the bindings that are read afterwards. */
  readonly outputs: readonly number[];
  readonly grid: readonly number[];
  readonly workgroup?: readonly number[];
  readonly parameters?: ParameterValues<P>;
  readonly timeout?: number;
  /** What to do when the device is lost meanwhile. Default: once more, on a new one. */
  readonly retry?: RetryPolicy;
}

/** What answers a guest on its graphics device. */
export interface GuestGraphics extends MessageService {
  counters(): GpuStats;
  close(): Promise<void>;
}
