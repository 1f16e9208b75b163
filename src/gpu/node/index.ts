/**
 * `hospes/gpu`: compute on graphics processors, in Node through the optional package `webgpu`.
 *
 * @packageDocumentation
 */
import { NodeClock, setNodeTimer } from '../../platform/node/clock.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { nodeWebGpu } from '../../platform/node/webgpu.ts';
import { Gpu } from '../gpu.ts';
import type { GpuHost, GpuOptions } from '../types.ts';
import type { WebGpu } from '../webgpu-api.ts';

export * from '../index.ts';

const clock = new NodeClock();

/** This process. */
export const nodeGpuHost: GpuHost = {
  now: () => clock.monotonic(),
  setTimer: setNodeTimer,
  random: nodeRandom,
  source: async () => ({ gpu: (await nodeWebGpu()) as WebGpu }),
};

/**
 * Opens nothing yet: the first device does.
 *
 * @example
 * ```ts
 * import { openGpu } from 'hospes/gpu';
 *
 * const gpu = openGpu({ fallback: 'cpu' });
 * const [sums] = await gpu.compute({
 *   kernel: {
 *     name: 'add',
 *     code: `
 *       @group(0) @binding(0) var<storage, read> a: array<f32>;
 *       @group(0) @binding(1) var<storage, read_write> b: array<f32>;
 *       @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { b[id.x] += a[id.x]; }`,
 *     bindings: [
 *       { type: 'f32', access: 'read' },
 *       { type: 'f32', access: 'write' },
 *     ],
 *     cpu: {
 *       workgroup: [4],
 *       main({ global: [x] }, [a, b]) {
 *         b[x] += a[x];
 *       },
 *     },
 *   },
 *   buffers: [new Float32Array([1, 2, 3, 4]), new Float32Array([10, 20, 30, 40])],
 *   outputs: [1],
 *   grid: [1],
 * });
 * console.log(new Float32Array(sums.buffer).join()); // 11,22,33,44
 * console.log(gpu.stats.launches); // 1
 * ```
 */
export function openGpu(options: GpuOptions = {}): Gpu {
  return new Gpu(nodeGpuHost, options);
}
