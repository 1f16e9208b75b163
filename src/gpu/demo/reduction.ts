/** The sum of many numbers, modulo 2^32: each workgroup halves its part with barriers until one number is left. */
import type { Job } from '../types.ts';

const WORKGROUP = 128;

export const reduction = {
  name: 'reduction',
  code: `
    struct Parameters { count: u32 }
    @group(0) @binding(0) var<storage, read> numbers: array<u32>;
    @group(0) @binding(1) var<storage, read_write> sums: array<u32>;
    @group(0) @binding(2) var<uniform> parameters: Parameters;
    var<workgroup> part: array<u32, ${String(WORKGROUP)}>;
    @compute @workgroup_size(${String(WORKGROUP)})
    fn main(
      @builtin(global_invocation_id) id: vec3u,
      @builtin(local_invocation_id) local: vec3u,
      @builtin(workgroup_id) group: vec3u,
    ) {
      part[local.x] = select(0u, numbers[min(id.x, parameters.count - 1u)], id.x < parameters.count);
      workgroupBarrier();
      for (var half = ${String(WORKGROUP / 2)}u; half > 0u; half >>= 1u) {
        if (local.x < half) { part[local.x] += part[local.x + half]; }
        workgroupBarrier();
      }
      if (local.x == 0u) { sums[group.x] = part[0]; }
    }`,
  bindings: [
    { type: 'u32', access: 'read' },
    { type: 'u32', access: 'write' },
  ],
  parameters: { count: 'u32' },
  cpu: {
    workgroup: [WORKGROUP],
    shared: { part: ['u32', WORKGROUP] },
    *main({ global: [id], local: [local], group: [group] }, [numbers, sums], { count = 0 }, { part }) {
      if (numbers === undefined || sums === undefined || part === undefined) return;
      part[local] = id < count ? (numbers[id] ?? 0) : 0;
      yield;
      for (let half = WORKGROUP / 2; half > 0; half >>= 1) {
        if (local < half) part[local] = (part[local] ?? 0) + (part[local + half] ?? 0);
        yield;
      }
      if (local === 0) sums[group] = part[0] ?? 0;
    },
  },
} as const satisfies Job['kernel'];

/** Gives one sum a workgroup, to be reduced further until there is one. */
export function reductionJob(numbers: Uint32Array): Job<{ readonly count: 'u32' }> {
  const groups = Math.ceil(numbers.length / WORKGROUP);
  return {
    ...{ kernel: reduction, buffers: [numbers, groups * 4], outputs: [1], grid: [groups] },
    parameters: { count: numbers.length },
  };
}
