/** One WebGPU device: buffers, kernels, launches, and what goes wrong with them as `GpuError`. */
import { GpuError, messageOf } from '../common/errors.ts';
import { WebGpuBuffer } from './buffer.ts';
import { compileKernel, kernelText, type CompiledKernel } from './compile.ts';
import { KernelCache } from './kernel-cache.ts';
import { checkBuffers, checkedGrid, checkedWorkgroup, checkSize, packParameters, type Triple } from './launch.ts';
import type { GpuStats } from './stats.ts';
import type { DeviceInfo, GpuBuffer, GpuDevice, GpuHost, Kernel, Launch, ParameterTypes } from './types.ts';
import { USAGE, type Device, type GpuSource } from './webgpu-api.ts';

/** Compiled kernels of a device. */
const KERNELS = 128;

export class WebGpuDevice implements GpuDevice {
  readonly info: DeviceInfo;
  readonly raw: Device;
  readonly stats: GpuStats;
  /** Keeps what the device lives in. */
  readonly source: GpuSource;
  readonly #host: GpuHost;
  readonly #timeout: number;
  readonly #kernels: KernelCache<CompiledKernel>;
  #lost: GpuError | null = null;
  readonly #losing = new Set<(reason: GpuError) => void>();
  /** What WebGPU has not answered yet. */
  #pending = 0;
  #destroyed = false;

  /** `timeout`: milliseconds for what says nothing else. */
  constructor(
    raw: Device,
    info: DeviceInfo,
    { source, host, stats, timeout }: { source: GpuSource; host: GpuHost; stats: GpuStats; timeout: number },
  ) {
    this.raw = raw;
    this.info = info;
    this.source = source;
    this.stats = stats;
    this.#host = host;
    this.#timeout = timeout;
    this.#kernels = new KernelCache(KERNELS, stats);
    stats.devicesOpened++;
    const lost = (text: string): void => this.#lose(new GpuError('gpu-device-lost', text));
    raw.lost.then(
      ({ reason, message }) => lost(`the device ${info.name} was lost (${reason}): ${message}`),
      (error: unknown) => lost(`the device ${info.name} was lost: ${messageOf(error)}`),
    );
  }

  get lost(): GpuError | null {
    return this.#lost;
  }

  async buffer(size: number): Promise<GpuBuffer> {
    this.check();
    checkSize(size, this.info.limits);
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    const [raw, problem] = this.scoped(() => this.raw.createBuffer({ size, usage }));
    await this.watch(problem, `making a buffer of ${String(size)} bytes`);
    return new WebGpuBuffer(this, raw, size);
  }

  async compile(kernel: Kernel, workgroup?: readonly number[]): Promise<void> {
    this.check();
    await this.#compiled(kernel, checkedWorkgroup(kernel, workgroup, this.info.limits), this.#timeout);
  }

  #compiled(kernel: Kernel, workgroup: Triple | null, timeout: number): Promise<CompiledKernel> {
    return this.#kernels.get(kernelText(kernel, workgroup), async () => {
      const begun = this.#host.now();
      this.stats.kernelsCompiled++;
      try {
        return await this.watch(compileKernel(this.raw, kernel, workgroup), `compiling kernel ${kernel.name}`, timeout);
      } finally {
        this.stats.compileTime += Number(this.#host.now() - begun);
      }
    });
  }

  async run<P extends ParameterTypes>(kernel: Kernel<P>, launch: Launch<P>): Promise<void> {
    this.stats.launches++;
    const begun = this.#host.now();
    try {
      this.check();
      await this.#launch(kernel, launch);
      this.stats.completed++;
    } catch (error) {
      this.stats.failures++;
      throw error;
    } finally {
      this.stats.runTime += Number(this.#host.now() - begun);
    }
  }

  async #launch<P extends ParameterTypes>(kernel: Kernel<P>, launch: Launch<P>): Promise<void> {
    const { limits } = this.info;
    const { timeout = this.#timeout } = launch;
    const grid = checkedGrid(kernel, launch.grid, limits);
    const workgroup = checkedWorkgroup(kernel, launch.workgroup, limits);
    checkBuffers(kernel, launch.buffers);
    const parameters = packParameters(kernel, launch.parameters);
    const { pipeline, layout } = await this.#compiled(kernel, workgroup, timeout);
    this.check();
    const buffers = launch.buffers.map((buffer) => this.#own(kernel, buffer));
    const uniform =
      parameters && this.raw.createBuffer({ size: parameters.length, usage: USAGE.UNIFORM | USAGE.COPY_DST });
    try {
      if (uniform !== null && parameters !== null) this.raw.queue.writeBuffer(uniform, 0, parameters);
      const bound = [...buffers.map(({ raw }) => raw), ...(uniform === null ? [] : [uniform])];
      const [done, problem] = this.scoped(() => {
        const entries = bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
        const encoder = this.raw.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, this.raw.createBindGroup({ layout, entries }));
        pass.dispatchWorkgroups(...grid);
        pass.end();
        this.raw.queue.submit([encoder.finish()]);
        return this.raw.queue.onSubmittedWorkDone();
      });
      await this.watch(Promise.all([done, problem]), `kernel ${kernel.name}`, timeout);
    } finally {
      // Of a device that is gone, nothing is left to give back.
      if (this.#lost === null) uniform?.destroy();
    }
  }

  #own({ name }: Kernel, buffer: GpuBuffer): WebGpuBuffer {
    if (!(buffer instanceof WebGpuBuffer) || buffer.device !== this)
      throw new TypeError(`kernel ${name}: a buffer of another device`);
    buffer.check();
    return buffer;
  }

  /** Does something and says separately what WebGPU finds wrong with it: the promise rejects then. */
  scoped<T>(action: () => T): readonly [result: T, problem: Promise<void>] {
    const scopes = ['out-of-memory', 'validation'] as const;
    for (const scope of scopes) this.raw.pushErrorScope(scope);
    let popped: Promise<void>[] = [];
    try {
      return [
        action(),
        Promise.resolve()
          .then(() => Promise.all(popped))
          .then(() => undefined),
      ];
    } finally {
      popped = [...scopes].reverse().map(async (scope) => {
        const error = await this.raw.popErrorScope();
        if (error !== null)
          throw new GpuError(`gpu-${scope}`, `the device ${this.info.name} refuses: ${firstLine(error.message)}`);
      });
      for (const promise of popped) promise.catch(() => undefined);
    }
  }

  /** The promise's result, unless the device is lost or time is up before: then the device is given up. */
  watch<T>(promise: Promise<T>, what: string, timeout = this.#timeout): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (how: () => void): void => {
        stop();
        this.#losing.delete(lost);
        how();
      };
      const lost = (reason: GpuError): void => settle(() => reject(this.#gone(reason)));
      const stop = this.#host.setTimer(BigInt(Math.round(timeout * 1e6)), () => {
        this.#losing.delete(lost);
        reject(this.#giveUp(what, timeout));
      });
      this.#losing.add(lost);
      this.#pending++;
      promise.then(
        () => this.#answered(),
        () => this.#answered(),
      );
      promise.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(asGpuError(error))),
      );
    });
  }

  #answered(): void {
    this.#pending--;
    if (this.#destroyed && this.#pending === 0) this.#destroyRaw();
  }

  /**
   * What was launched cannot be stopped, and destroying the device would wait for its end. So the device is left as it is
   * and never used again. A driver that computes on the processor keeps it busy until this process ends.
   */
  #giveUp(what: string, timeout: number): GpuError {
    const text = `${what} did not end within ${String(timeout)} ms; the device ${this.info.name} was given up`;
    const error = new GpuError('gpu-timeout', text, { context: { timeout } });
    this.stats.timeouts++;
    this.#lose(error);
    // It would be destroyed when it is collected, too.
    unstoppable.add(this);
    return error;
  }

  #lose(reason: GpuError): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    if (reason.code !== 'gpu-destroyed') this.stats.devicesLost++;
    for (const listener of [...this.#losing]) listener(reason);
  }

  #gone(reason: GpuError): GpuError {
    const code = reason.code === 'gpu-destroyed' ? reason.code : 'gpu-device-lost';
    return new GpuError(code, `the device is gone: ${reason.message}`, { cause: reason });
  }

  check(): void {
    if (this.#lost !== null) throw this.#gone(this.#lost);
  }

  destroy(): void {
    if (this.#lost !== null) return;
    this.#lose(new GpuError('gpu-destroyed', `the device ${this.info.name} was destroyed by its user`));
    this.#destroyed = true;
    unstoppable.add(this);
    if (this.#pending === 0) this.#destroyRaw();
  }

  /** Waits for what was launched: so only when that has ended. */
  #destroyRaw(): void {
    unstoppable.delete(this);
    this.raw.destroy();
  }
}

/** Devices that may still run something: kept, for giving them back would wait for it. */
const unstoppable = new Set<WebGpuDevice>();

function asGpuError(error: unknown): Error {
  if (error instanceof GpuError) return error;
  return new GpuError('gpu-failed', `the device fails: ${firstLine(messageOf(error))}`, { cause: error });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
