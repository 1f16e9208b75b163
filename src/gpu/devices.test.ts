/** One suite for every kind of device. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpuError } from '../common/errors.ts';
import { vectorAdd, vectorAddJob } from './demo/vector-add.ts';
import { Gpu } from './gpu.ts';
import { nodeGpuHost } from './node/index.ts';
import { noWebGpu, skippedTitle } from './testing/software.ts';
import type { DeviceType, GpuDevice, GpuHost, Kernel } from './types.ts';

/** A host without graphics. */
const bare: GpuHost = {
  ...nodeGpuHost,
  source: () => Promise.reject(new GpuError('gpu-unavailable', 'no WebGPU in this test')),
};

const doubling = {
  name: 'doubling',
  code: `
    struct Parameters { unsigned: u32, signed: i32, real: f32 }
    @group(0) @binding(0) var<storage, read_write> x: array<f32>;
    @group(0) @binding(1) var<uniform> p: Parameters;
    override workgroup_x: u32; override workgroup_y: u32;
    @compute @workgroup_size(workgroup_x, workgroup_y)
    fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
      let at = id.x + id.y * grid.x * workgroup_x;
      if (at < arrayLength(&x)) { x[at] = 2f * x[at] + f32(p.unsigned) + f32(p.signed) + p.real; }
    }`,
  bindings: [{ type: 'f32', access: 'write' }],
  parameters: { unsigned: 'u32', signed: 'i32', real: 'f32' },
  workgroup: [4, 2],
  cpu: {
    main({ global: [gx, gy], grid: [width] }, [x], { unsigned = 0, signed = 0, real = 0, workgroupX = 4 }) {
      const at = gx + gy * width * workgroupX;
      if (x !== undefined && at < x.length) x[at] = 2 * x[at]! + unsigned + signed + real;
    },
  },
} as const satisfies Kernel;

const floats = (bytes: Uint8Array<ArrayBuffer>): number[] => [...new Float32Array(bytes.buffer)];

describe.each<{ name: string; type: DeviceType | undefined; gpu: () => Gpu; skip: boolean }>([
  { name: 'functions on the processor', type: 'cpu', gpu: () => new Gpu(bare, { fallback: 'cpu' }), skip: false },
  { name: `WebGPU${skippedTitle}`, type: undefined, gpu: () => new Gpu(nodeGpuHost), skip: noWebGpu !== null },
])('a device: $name', ({ type, gpu: make, skip }) => {
  let gpu: Gpu;
  let device: GpuDevice;
  beforeAll(async () => {
    if (skip) return;
    gpu = make();
    device = await gpu.open();
  });
  afterAll(() => {
    if (!skip) device.destroy();
  });

  it.skipIf(skip)('says what it is', async () => {
    expect(device.info.name).toMatch(/\S/);
    if (type !== undefined) expect(device.info.type).toBe(type);
    expect(device.info.limits.maxComputeInvocationsPerWorkgroup).toBeGreaterThanOrEqual(128);
    const [first, ...more] = await gpu.devices();
    expect(first).toMatchObject({ name: device.info.name, type: device.info.type });
    expect(more.filter(({ name }) => name === device.info.name)).toEqual([]);
  });

  it.skipIf(skip)('gives buffers of zeros, written and read in parts', async () => {
    const { bytesUp, bytesDown } = gpu.stats;
    const buffer = await device.buffer(16);
    buffer.write(new Uint16Array([1, 2, 3, 4]), 4);
    expect([...(await buffer.read())]).toEqual([0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0, 0]);
    expect([...(await buffer.read(8, 4))]).toEqual([3, 0, 4, 0]);
    expect(await buffer.read(16)).toHaveLength(0);
    expect([gpu.stats.bytesUp - bytesUp, gpu.stats.bytesDown - bytesDown]).toEqual([8, 20]);
    buffer.destroy();
    buffer.destroy();
    expect(() => buffer.write(new Uint8Array(4))).toThrow(TypeError);
    await expect(buffer.read()).rejects.toThrow(TypeError);
  });

  it.skipIf(skip)('refuses what does not lie in a buffer, and works on', async () => {
    const buffer = await device.buffer(16);
    for (const [size, offset] of [
      [20, 0],
      [4, 16],
      [4, -4],
      [4, 2],
      [2, 0],
      [4, 2 ** 40],
      [4, Number.NaN],
    ] as const)
      expect(() => buffer.write(new Uint8Array(size), offset)).toThrow(RangeError);
    for (const [offset, length] of [
      [0, 20],
      [12, 8],
      [-4, 4],
      [1, 4],
      [0, 3],
    ] as const)
      await expect(buffer.read(offset, length)).rejects.toThrow(RangeError);
    for (const size of [0, -4, 3, 2.5, 2 ** 40, Number.NaN])
      await expect(device.buffer(size)).rejects.toThrow(RangeError);
    expect(await buffer.read()).toHaveLength(16);
  });

  it.skipIf(skip)('runs kernels over a grid, with typed parameters', async () => {
    const buffer = await device.buffer(4 * 16);
    buffer.write(Float32Array.from({ length: 16 }, (_, index) => index));
    const parameters = { unsigned: 100, signed: -50, real: 0.5 };
    await device.run(doubling, { buffers: [buffer], grid: [2], parameters });
    expect(floats(await buffer.read())).toEqual(Array.from({ length: 16 }, (_, index) => 2 * index + 50.5));
  });

  it.skipIf(skip)('refuses launches that make no sense, and works on', async () => {
    const buffer = await device.buffer(16);
    const good = { buffers: [buffer], grid: [1], parameters: { unsigned: 0, signed: 0, real: 0 } };
    const run = (more: object): Promise<void> => device.run(doubling, { ...good, ...more });
    await expect(run({ grid: [0] })).rejects.toThrow('the grid of kernel doubling is [0]');
    await expect(run({ grid: [1, 1, 1, 1] })).rejects.toThrow(RangeError);
    await expect(run({ grid: [2 ** 20] })).rejects.toThrow('65535');
    await expect(run({ workgroup: [2 ** 12] })).rejects.toThrow('the workgroup of kernel doubling');
    await expect(run({ workgroup: [64, 64] })).rejects.toThrow(RangeError);
    await expect(run({ buffers: [] })).rejects.toThrow('takes 1 buffers, not 0');
    await expect(run({ parameters: { unsigned: 0, signed: 0 } })).rejects.toThrow(
      'parameter real is unknown or missing',
    );
    await expect(run({ parameters: { ...good.parameters, more: 1 } })).rejects.toThrow('parameter more');
    await expect(run({ parameters: { ...good.parameters, unsigned: -1 } })).rejects.toThrow('which is no u32');
    await expect(run({ parameters: { ...good.parameters, signed: 0.5 } })).rejects.toThrow('which is no i32');
    const written = await device.buffer(16);
    const twice = { buffers: [written, buffer, written], grid: [1], parameters: { count: 4 } };
    await expect(device.run(vectorAdd, twice)).rejects.toThrow('given twice');
    const other = await new Gpu(bare, { fallback: 'cpu' }).open();
    const foreign = await other.buffer(16);
    await expect(run({ buffers: [foreign] })).rejects.toThrow('a buffer of another device');
    await run({});
    expect(gpu.stats.launches).toBe(gpu.stats.completed + gpu.stats.failures);
  });

  it.skipIf(skip)('runs many launches at a time', async () => {
    const jobs = Array.from({ length: 20 }, (_, index) => {
      const ones = new Float32Array(100).fill(index);
      return gpu.compute(vectorAddJob(ones, ones));
    });
    const sums = (await Promise.all(jobs)).map(([bytes]) => floats(bytes!)[99]);
    expect(sums).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index));
    expect(gpu.stats.fallbacks).toBe(type === 'cpu' ? gpu.stats.launches : 0);
  });

  it.skipIf(skip)('answers everything with an error once it is destroyed', async () => {
    const own = await gpu.open();
    const buffer = await own.buffer(16);
    own.destroy();
    own.destroy();
    await expect(own.buffer(16)).rejects.toThrow('destroyed');
    await expect(own.run(vectorAdd, { buffers: [], grid: [1], parameters: { count: 0 } })).rejects.toThrow(GpuError);
    expect(own.lost).toBeInstanceOf(GpuError);
    buffer.destroy();
    expect(await (await gpu.open()).buffer(16)).toHaveProperty('size', 16);
  });
});

describe('without a device', () => {
  const none: GpuHost = {
    ...nodeGpuHost,
    source: () => Promise.resolve({ gpu: { requestAdapter: () => Promise.resolve(null) } }),
  };
  const job = vectorAddJob(new Float32Array([1]), new Float32Array([2]));

  it('says which of the two is missing', async () => {
    await expect(new Gpu(bare).devices()).rejects.toMatchObject({ code: 'gpu-unavailable' });
    await expect(new Gpu(bare).compute(job)).rejects.toMatchObject({ code: 'gpu-unavailable' });
    expect(await new Gpu(none).devices()).toEqual([]);
    await expect(new Gpu(none).compute(job)).rejects.toMatchObject({
      code: 'gpu-no-adapter',
      message: 'there is no graphics device with a driver that WebGPU accepts',
    });
  });

  it('never runs on the processor unasked', async () => {
    await expect(new Gpu(none).open({ type: 'cpu' })).rejects.toThrow("only with fallback: 'cpu'");
    const gpu = new Gpu(none, { fallback: 'cpu' });
    await expect(gpu.open({ type: 'hardware' })).rejects.toMatchObject({ code: 'gpu-no-adapter' });
    expect(floats((await gpu.compute(job))[0]!)).toEqual([3]);
    expect(gpu.stats).toMatchObject({ launches: 1, fallbacks: 1, completed: 1 });
  });

  it('runs on the processor only what has a function', async () => {
    const gpu = new Gpu(none, { fallback: 'cpu' });
    const { cpu: _, ...kernel } = vectorAdd;
    await expect(gpu.compute({ ...job, kernel })).rejects.toMatchObject({ code: 'gpu-no-cpu-kernel' });
    expect(gpu.stats).toMatchObject({ launches: 1, failures: 1 });
  });

  it('ends a kernel on the processor between two workgroups when time is up', async () => {
    const gpu = new Gpu(none, { fallback: 'cpu', timeout: 20 });
    let clock = 0;
    const slow = { ...vectorAdd, cpu: { main: () => void (clock += 1) } };
    await expect(gpu.compute({ ...job, kernel: slow, grid: [65535, 1000] })).rejects.toMatchObject({
      code: 'gpu-timeout',
    });
    expect(clock).toBeGreaterThan(0);
    expect(gpu.stats).toMatchObject({ timeouts: 1, failures: 1 });
  });
});
