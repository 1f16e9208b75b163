/** What goes wrong is one clear error, and the process works on. */
import { afterAll, describe, expect, it } from 'vitest';
import { AttemptsError, causesOf, GpuError } from '../common/errors.ts';
import { vectorAdd, vectorAddJob } from './demo/vector-add.ts';
import { Gpu } from './gpu.ts';
import { KernelCache, sourceHash } from './kernel-cache.ts';
import { nodeGpuHost } from './node/index.ts';
import { noWebGpu, skippedTitle } from './testing/software.ts';
import type { GpuHost, Kernel } from './types.ts';
import type { Device, WebGpu } from './webgpu-api.ts';

const job = vectorAddJob(new Float32Array([1, 2]), new Float32Array([10, 20]));

const kernel = (code: string): Kernel => ({ name: 'odd', code, bindings: [{ type: 'u32', access: 'write' }] });

const endless = kernel(`
  @group(0) @binding(0) var<storage, read_write> x: array<u32>;
  @compute @workgroup_size(1) fn main() { while (x[0] == 0u) { x[1] = x[1] + 1u; } }`);

/** A host that hands out its raw devices too. */
function watched(): { readonly gpu: Gpu; readonly devices: Device[] } {
  const devices: Device[] = [];
  const host: GpuHost = {
    ...nodeGpuHost,
    source: async () => {
      const source = await nodeGpuHost.source();
      const gpu: WebGpu = {
        requestAdapter: async (options) => {
          const adapter = await source.gpu.requestAdapter(options);
          if (adapter === null) return null;
          return {
            ...{ info: adapter.info, limits: adapter.limits, features: adapter.features },
            requestDevice: async (descriptor) => {
              const device = await adapter.requestDevice(descriptor);
              devices.push(device);
              return device;
            },
          };
        },
      };
      return { gpu, source };
    },
  };
  return { gpu: new Gpu(host), devices };
}

describe.skipIf(noWebGpu !== null)(`trouble with a device${skippedTitle}`, () => {
  const { gpu, devices } = watched();
  afterAll(() => gpu.close());

  it('a kernel that does not compile: the line is named', async () => {
    const device = await gpu.device();
    const wrong = kernel('\n@compute @workgroup_size(1) fn main() {\n  let x = 1u + 1f;\n}');
    const failed = await device.compile(wrong).catch((error: unknown) => error as GpuError);
    expect(failed).toBeInstanceOf(GpuError);
    expect(failed).toMatchObject({ code: 'gpu-compile', context: { line: 3 } });
    expect((failed as GpuError).message).toMatch(/^kernel odd does not compile: line 3:\d+: /);
    expect((failed as GpuError).message).not.toContain('\n');
  });

  it('a kernel that does not fit its bindings, its entry point or its workgroup', async () => {
    const device = await gpu.device();
    const { code } = endless;
    await expect(device.compile({ ...endless, entryPoint: 'missing' })).rejects.toMatchObject({ code: 'gpu-compile' });
    const unbound = { ...endless, bindings: [] };
    await expect(device.compile(unbound)).rejects.toThrow('kernel odd does not fit what it is given');
    const open = code.replace('(1)', '(workgroup_x)').replace('@group', 'override workgroup_x: u32;\n@group');
    await expect(device.compile({ ...endless, code: open })).rejects.toMatchObject({ code: 'gpu-compile' });
    await device.compile({ ...endless, code: open, workgroup: [4] });
    expect(gpu.stats.kernelsCompiled).toBeGreaterThanOrEqual(4);
  });

  it('compiles a kernel once, and once more for another workgroup', async () => {
    await gpu.compute(job);
    const { kernelsCompiled, kernelHits } = gpu.stats;
    await gpu.compute(job);
    expect(gpu.stats).toMatchObject({ kernelsCompiled, kernelHits: kernelHits + 1 });
    await gpu.compute({ ...job, workgroup: [32] });
    expect(gpu.stats).toMatchObject({ kernelsCompiled: kernelsCompiled + 1, kernelHits: kernelHits + 1 });
  });

  it('accesses out of range of a buffer stay inside it', async () => {
    const device = await gpu.device();
    const far = kernel(`
      @group(0) @binding(0) var<storage, read_write> x: array<u32>;
      @compute @workgroup_size(1) fn main() { x[1000000u] = 7u; x[0] = x[4000000000u] + 1u; }`);
    const [buffer, neighbour] = [await device.buffer(16), await device.buffer(16)];
    await device.run(far, { buffers: [buffer], grid: [1] });
    expect([...(await neighbour.read())]).toEqual(Array(16).fill(0));
  });

  it('a device that is lost fails what it was doing, and is replaced', async () => {
    const device = await gpu.device();
    const buffer = await device.buffer(16);
    const { devicesLost } = gpu.stats;
    devices.at(-1)!.destroy();
    const lost = await device.run(endless, { buffers: [buffer], grid: [1] }).catch((error: unknown) => error);
    expect(lost).toMatchObject({ code: 'gpu-device-lost' });
    expect(gpu.stats.devicesLost).toBe(devicesLost + 1);
    await expect(buffer.read()).rejects.toMatchObject({ code: 'gpu-device-lost' });
    expect(causesOf(lost).length).toBeGreaterThan(1);
    expect(new Float32Array((await gpu.compute(job))[0]!.buffer)).toEqual(new Float32Array([11, 22]));
    expect(await gpu.device()).not.toBe(device);
  });

  it('a job is done again when its device is lost meanwhile; the failures are gathered when that goes on', async () => {
    await gpu.compute(job);
    const { recovered } = gpu.stats.retries;
    const { launches } = gpu.stats;
    const running = gpu.compute(job);
    while (gpu.stats.launches === launches) await new Promise(setImmediate);
    devices.at(-1)!.destroy();
    expect(new Float32Array((await running)[0]!.buffer)).toEqual(new Float32Array([11, 22]));
    expect(gpu.stats.retries.recovered).toBe(recovered + 1);

    const cursed: GpuHost = {
      ...nodeGpuHost,
      source: async () => {
        const source = await nodeGpuHost.source();
        return {
          gpu: {
            requestAdapter: async () => {
              const adapter = (await source.gpu.requestAdapter())!;
              const { info, limits, features } = adapter;
              const requestDevice = async (): Promise<Device> => {
                const device = await adapter.requestDevice();
                device.destroy();
                return device;
              };
              return { info, limits, features, requestDevice };
            },
          },
        };
      },
    };
    const failed = await new Gpu(cursed)
      .compute({ ...job, retry: { kind: 'exponential', attempts: 3, first: 1, longest: 5 } })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(AttemptsError);
    expect((failed as AttemptsError).errors).toHaveLength(3);
    for (const error of (failed as AttemptsError).errors) expect(error).toMatchObject({ code: 'gpu-device-lost' });
  });

  it(
    'a kernel that never ends is given up, with its device; the next one has another',
    { timeout: 30_000 },
    async () => {
      const device = await gpu.device();
      const buffer = await device.buffer(16);
      const before = { ...gpu.stats };
      const failed = await device
        .run(endless, { buffers: [buffer], grid: [1], timeout: 300 })
        .catch((error: unknown) => error as GpuError);
      expect(failed).toMatchObject({ code: 'gpu-timeout', context: { timeout: 300 } });
      expect((failed as GpuError).message).toMatch(
        /^kernel odd did not end within 300 ms; the device .* was given up$/,
      );
      expect(gpu.stats).toMatchObject({ timeouts: before.timeouts + 1, devicesLost: before.devicesLost + 1 });
      await expect(buffer.read()).rejects.toMatchObject({ code: 'gpu-device-lost', cause: failed });
      expect(new Float32Array((await gpu.compute(job))[0]!.buffer)).toEqual(new Float32Array([11, 22]));
      // It would not end another time either.
      const attempts = gpu.stats.retries.attempts;
      const again = gpu.compute({ kernel: endless, buffers: [16], outputs: [0], grid: [1], timeout: 300 });
      await expect(again).rejects.toMatchObject({ code: 'gpu-timeout' });
      expect(gpu.stats.retries.attempts).toBe(attempts + 1);
    },
  );
});

describe.skipIf(noWebGpu !== null)(`a device that is busy${skippedTitle}`, () => {
  it('is destroyed without waiting for a kernel that never ends', async () => {
    const { gpu, devices } = watched();
    const device = await gpu.open();
    const buffer = await device.buffer(16);
    const running = device.run(endless, { buffers: [buffer], grid: [1], timeout: 60_000 });
    while (gpu.stats.launches === 0) await new Promise(setImmediate);
    await new Promise((resolve) => setTimeout(resolve, 100));
    device.destroy();
    await expect(running).rejects.toMatchObject({ code: 'gpu-destroyed' });
    expect(gpu.stats).toMatchObject({ devicesLost: 0, failures: 1 });
    let lost = false;
    void devices[0]!.lost.then(() => (lost = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lost).toBe(false);
  });

  it('is destroyed when what it does has ended', async () => {
    const { gpu, devices } = watched();
    const device = await gpu.open();
    const buffers = [await device.buffer(8), await device.buffer(8), await device.buffer(8)];
    const running = device.run(vectorAdd, { buffers, grid: [1], parameters: { count: 2 } });
    device.destroy();
    await expect(running).rejects.toBeInstanceOf(GpuError);
    await devices[0]!.lost;
  });
});

describe('the cache of kernels', () => {
  const counters = (): { kernelHits: number; kernelsEvicted: number } => ({ kernelHits: 0, kernelsEvicted: 0 });

  it('keeps what was used last, and no failures', async () => {
    const counts = counters();
    const cache = new KernelCache<string>(2, counts);
    const made: string[] = [];
    const get = (text: string): Promise<string> =>
      cache.get(
        text,
        () => (made.push(text), text === 'bad' ? Promise.reject(new Error(text)) : Promise.resolve(text)),
      );
    for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) expect(await get(text)).toBe(text);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
    expect(counts).toEqual({ kernelHits: 2, kernelsEvicted: 2 });
    for (let round = 0; round < 2; round++) await expect(get('bad')).rejects.toThrow('bad');
    expect(made.filter((text) => text === 'bad')).toHaveLength(2);
  });

  it('compares texts whose hashes are equal', async () => {
    const cache = new KernelCache<string>(4, counters(), () => 'same');
    expect(await cache.get('a', () => Promise.resolve('A'))).toBe('A');
    expect(await cache.get('b', () => Promise.resolve('B'))).toBe('B');
    expect(sourceHash('a')).not.toBe(sourceHash('b'));
    expect(sourceHash(vectorAdd.code)).toMatch(/^[\da-f]{16}$/);
  });
});
