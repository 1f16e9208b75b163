/** `sums[i] = a[i] + b[i]`. One rounding of f32, so both sides agree in every bit. */
import type { Job } from '../types.ts';

const WORKGROUP = 64;

export const vectorAdd = {
  name: 'vector add',
  code: `
    struct Parameters { count: u32 }
    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> sums: array<f32>;
    @group(0) @binding(3) var<uniform> parameters: Parameters;
    override workgroup_x: u32;
    @compute @workgroup_size(workgroup_x) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x < parameters.count) { sums[id.x] = a[id.x] + b[id.x]; }
    }`,
  bindings: [
    { type: 'f32', access: 'read' },
    { type: 'f32', access: 'read' },
    { type: 'f32', access: 'write' },
  ],
  parameters: { count: 'u32' },
  workgroup: [WORKGROUP],
  cpu: {
    main({ global: [x] }, [a, b, sums], { count = 0 }) {
      if (x < count && sums !== undefined) sums[x] = (a?.[x] ?? 0) + (b?.[x] ?? 0);
    },
  },
} as const satisfies Job['kernel'];

export function vectorAddJob(a: Float32Array, b: Float32Array): Job<{ readonly count: 'u32' }> {
  return {
    kernel: vectorAdd,
    buffers: [a, b, a.byteLength],
    outputs: [2],
    grid: [Math.ceil(a.length / WORKGROUP)],
    parameters: { count: a.length },
  };
}
