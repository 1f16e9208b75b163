/** Whether a compute shader runs, through the optional package `webgpu`. Drivers crash; so it is tried in a process apart. */
import { pathToFileURL } from 'node:url';
import type { Capability, Probe } from '../../../common/capability.ts';
import { askChild, type ChildProbe } from './child.ts';
import { findPackage, type FoundPackage } from './packages.ts';

/** Where the package lies when it is not beside this one. */
const PACKAGE_VARIABLE = 'HOSPES_WEBGPU';
/** What decides which driver the loader of Vulkan takes. */
const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES', 'LD_LIBRARY_PATH'];

export const WEBGPU_REMEDY = 'npm install webgpu';
export const DRIVER_REMEDY =
  "install a Vulkan loader and driver: your graphics card's, Mesa 25 or later, or the SwiftShader of Debian's package chromium (VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json)";

export function findWebGpu(): FoundPackage | { readonly reason: string } {
  return findPackage('webgpu', process.env[PACKAGE_VARIABLE]);
}

/** Adds two vectors of four. The object that `create` returns stays referenced to the end: the device lives in it. */
const addVectors: ChildProbe<string> = async ({ load }, url) => {
  const { create } = (await load(url)) as { readonly create: (options: readonly string[]) => GpuLike };
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('there is no adapter: no graphics driver was found that it accepts');
  const device = await adapter.requestDevice();
  const code = `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] = x[id.x] + 10u * id.x; }`;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  // STORAGE, COPY_SRC, COPY_DST; then MAP_READ, COPY_DST.
  const data = device.createBuffer({ size: 16, usage: 0x80 | 4 | 8 });
  const result = device.createBuffer({ size: 16, usage: 1 | 8 });
  device.queue.writeBuffer(data, 0, new Uint32Array([1, 2, 3, 4]));
  const entries = [{ binding: 0, resource: { buffer: data } }];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(data, 0, result, 0, 16);
  device.queue.submit([encoder.finish()]);
  await result.mapAsync(1);
  const sums = [...new Uint32Array(result.getMappedRange())].join();
  if (sums !== '1,12,23,34') throw new Error(`a compute shader computed ${sums}, not 1,12,23,34`);
  const { description, vendor, isFallbackAdapter } = adapter.info;
  return `${description === '' ? vendor : description}${isFallbackAdapter === true ? ' (software)' : ''}`;
};

function run(): Capability {
  const found = findWebGpu();
  if ('reason' in found) return { name: 'webgpu', available: false, reason: found.reason, remedy: WEBGPU_REMEDY };
  const answer = askChild(addVectors, pathToFileURL(found.path).href);
  if ('reason' in answer) return { name: 'webgpu', available: false, reason: answer.reason, remedy: DRIVER_REMEDY };
  return { name: 'webgpu', available: true, detail: `${found.version}, ${answer.detail}` };
}

export const webGpuProbe: Probe = {
  name: 'webgpu',
  title: 'WebGPU',
  key: () => JSON.stringify([findWebGpu(), ...DRIVER_VARIABLES.map((name) => process.env[name] ?? null)]),
  run,
};

/** WebGPU, as far as the probe uses it. */
interface GpuLike {
  requestAdapter(): Promise<{
    readonly info: { readonly description: string; readonly vendor: string; readonly isFallbackAdapter?: boolean };
    requestDevice(): Promise<DeviceLike>;
  } | null>;
}
interface DeviceLike {
  readonly queue: {
    writeBuffer(buffer: unknown, offset: number, data: Uint32Array): void;
    submit(commands: readonly unknown[]): void;
  };
  createShaderModule(descriptor: object): unknown;
  createComputePipeline(descriptor: object): { getBindGroupLayout(index: number): unknown };
  createBuffer(descriptor: object): { mapAsync(mode: number): Promise<void>; getMappedRange(): ArrayBuffer };
  createBindGroup(descriptor: object): unknown;
  createCommandEncoder(): {
    beginComputePass(): {
      setPipeline(pipeline: unknown): void;
      setBindGroup(index: number, group: unknown): void;
      dispatchWorkgroups(x: number): void;
      end(): void;
    };
    copyBufferToBuffer(from: unknown, offset: number, to: unknown, toOffset: number, size: number): void;
    finish(): unknown;
  };
}
