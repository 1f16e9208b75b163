/** The device manager: lists, opens and replaces devices, and runs jobs on them. */
import { GpuError } from '../common/errors.ts';
import { retry, type RetryPolicy } from '../common/retry.ts';
import { CPU_INFO, CpuDevice } from './cpu/device.ts';
import { WebGpuDevice } from './device.ts';
import { copyOf } from './launch.ts';
import { createGpuStats, type GpuStats } from './stats.ts';
import type {
  DeviceChoice,
  DeviceInfo,
  DeviceType,
  GpuBuffer,
  GpuDevice,
  GpuHost,
  GpuOptions,
  Job,
  ParameterTypes,
} from './types.ts';
import { LIMIT_NAMES, type Adapter, type AdapterInfo, type GpuSource, type Limits } from './webgpu-api.ts';

const TIMEOUT = 10_000;
/** A device that is lost is replaced once. */
const REPLACE_ONCE: RetryPolicy = { kind: 'fixed', attempts: 2, delay: 0 };
/** WebGPU has no list of adapters; these are the questions that may have different answers. */
const QUESTIONS = [
  { powerPreference: 'high-performance' },
  { powerPreference: 'low-power' },
  { forceFallbackAdapter: true },
] as const;
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render|\bwarp\b/i;
/** What a device made of functions can take the place of. */
const NO_DEVICE: ReadonlySet<string> = new Set(['gpu-unavailable', 'gpu-no-adapter']);

interface Found {
  readonly question: (typeof QUESTIONS)[number];
  readonly adapter: Adapter;
  readonly info: DeviceInfo;
}

export class Gpu {
  readonly stats: GpuStats = createGpuStats();
  readonly #host: GpuHost;
  readonly #options: GpuOptions;
  #source: Promise<GpuSource> | undefined;
  readonly #shared = new Map<string, Promise<GpuDevice>>();

  constructor(host: GpuHost, options: GpuOptions = {}) {
    this.#host = host;
    this.#options = options;
  }

  /**
   * All devices that WebGPU tells of, hardware first; with `fallback`, the processor last.
   *
   * @throws GpuError `gpu-unavailable` where there is no WebGPU and no fallback was asked for.
   */
  async devices(): Promise<DeviceInfo[]> {
    const fallback = this.#options.fallback === 'cpu' ? [CPU_INFO] : [];
    try {
      return [...(await this.#find()).map(({ info }) => info), ...fallback];
    } catch (error) {
      if (fallback.length === 0 || !isNoDevice(error)) throw error;
      return fallback;
    }
  }

  /** A device that everybody shares who makes the same choice; a new one when it is lost. */
  async device(choice: DeviceChoice = {}): Promise<GpuDevice> {
    const key = JSON.stringify([choice.type, choice.name]);
    const shared = this.#shared.get(key);
    const known = await shared?.catch(() => undefined);
    if (known?.lost === null) return known;
    // Another caller may have replaced it meanwhile.
    const newer = this.#shared.get(key);
    if (newer !== undefined && newer !== shared) return newer;
    const opening = this.open(choice);
    this.#shared.set(key, opening);
    opening.catch(() => {
      if (this.#shared.get(key) === opening) this.#shared.delete(key);
    });
    return opening;
  }

  /**
   * A device of its own for the caller.
   *
   * @throws GpuError `gpu-unavailable` without WebGPU, `gpu-no-adapter` without such a device.
   */
  async open({ type, name }: DeviceChoice = {}): Promise<GpuDevice> {
    const { fallback, timeout = TIMEOUT } = this.#options;
    const onProcessor = (): GpuDevice => new CpuDevice(this.#host, this.stats, timeout);
    if (type === 'cpu') {
      if (fallback === 'cpu') return onProcessor();
      throw new GpuError('gpu-no-adapter', "kernels run on the processor only with fallback: 'cpu'");
    }
    try {
      const found = (await this.#find()).find(
        ({ info }) => info.type === (type ?? info.type) && info.name === (name ?? info.name),
      );
      if (found === undefined)
        throw new GpuError(
          'gpu-no-adapter',
          `there is no ${type ?? ''} graphics device with a driver that WebGPU accepts`.replace('  ', ' '),
        );
      return await this.#openFound(found, timeout);
    } catch (error) {
      if (fallback === 'cpu' && type === undefined && name === undefined && isNoDevice(error)) return onProcessor();
      throw error;
    }
  }

  async #openFound({ adapter, info }: Found, timeout: number): Promise<GpuDevice> {
    const source = await this.#open();
    let raw;
    try {
      raw = await adapter.requestDevice({ requiredLimits: info.limits });
    } catch (cause) {
      throw new GpuError('gpu-device-lost', `the device ${info.name} cannot be opened`, { cause });
    }
    return new WebGpuDevice(raw, info, { source, host: this.#host, stats: this.stats, timeout });
  }

  #open(): Promise<GpuSource> {
    this.#source ??= this.#host.source();
    return this.#source;
  }

  /** Asked anew each time: an adapter gives one device. */
  async #find(): Promise<Found[]> {
    const { gpu } = await this.#open();
    const found = new Map<string, Found>();
    for (const question of QUESTIONS) {
      const adapter = await gpu.requestAdapter(question);
      if (adapter === null) continue;
      const info = infoOf(adapter);
      const key = JSON.stringify([info.vendor, info.architecture, info.name, info.type]);
      if (!found.has(key)) found.set(key, { question, adapter, info });
    }
    return [...found.values()].sort((a, b) => Number(a.info.type === 'software') - Number(b.info.type === 'software'));
  }

  /**
   * Runs a job on the shared device: what each output buffer holds afterwards. Where the device is lost meanwhile, the whole
   * job is done again on a new one, as its policy says. A kernel that took too long is not run again.
   */
  compute<P extends ParameterTypes>(job: Job<P>): Promise<Uint8Array<ArrayBuffer>[]> {
    return retry(() => this.#attempt(job), {
      policy: job.retry ?? REPLACE_ONCE,
      host: this.#host,
      what: `kernel ${job.kernel.name}`,
      isTransient: (error) => error instanceof GpuError && error.code === 'gpu-device-lost',
      stats: this.stats.retries,
    });
  }

  async #attempt<P extends ParameterTypes>(job: Job<P>): Promise<Uint8Array<ArrayBuffer>[]> {
    const device = await this.device();
    const buffers: GpuBuffer[] = [];
    try {
      for (const content of job.buffers) {
        const buffer = await device.buffer(typeof content === 'number' ? content : content.byteLength);
        buffers.push(buffer);
        if (typeof content !== 'number') buffer.write(copyOf(content));
      }
      await device.run(job.kernel, {
        ...{ buffers, grid: job.grid },
        ...(job.workgroup === undefined ? {} : { workgroup: job.workgroup }),
        ...(job.parameters === undefined ? {} : { parameters: job.parameters }),
        ...(job.timeout === undefined ? {} : { timeout: job.timeout }),
      });
      const outputs = [];
      for (const index of job.outputs) {
        const buffer = buffers[index];
        if (buffer === undefined)
          throw new RangeError(`kernel ${job.kernel.name} has no buffer ${String(index)} to read`);
        outputs.push(await buffer.read());
      }
      return outputs;
    } finally {
      for (const buffer of buffers) buffer.destroy();
    }
  }

  /** Destroys the shared devices. What is opened afterwards works. */
  async close(): Promise<void> {
    const devices = [...this.#shared.values()];
    this.#shared.clear();
    for (const opening of devices) (await opening.catch(() => undefined))?.destroy();
    this.#source = undefined;
  }
}

function isNoDevice(error: unknown): boolean {
  return error instanceof GpuError && NO_DEVICE.has(error.code);
}

function infoOf({ info, limits, features }: Adapter): DeviceInfo {
  const { vendor, architecture, description, device } = info;
  const name = [description, device, vendor].find((text) => text !== '') ?? 'unnamed';
  const own = Object.fromEntries(LIMIT_NAMES.map((limit) => [limit, limits[limit]])) as Limits;
  const memory = info.memoryHeaps?.reduce((sum, { size }) => sum + size, 0);
  const known = { type: typeOf(info), name, vendor, architecture, limits: own, features: [...features].sort() };
  return memory === undefined ? known : { ...known, memory };
}

function typeOf({ isFallbackAdapter, vendor, architecture, description, device }: AdapterInfo): DeviceType {
  const software = isFallbackAdapter === true || SOFTWARE.test([vendor, architecture, description, device].join(' '));
  return software ? 'software' : 'hardware';
}
