/** The product of two square matrices, tile by tile through memory that a workgroup shares. */
import type { Job } from '../types.ts';

const TILE = 16;

export const matrixProduct = {
  name: 'matrix product',
  code: `
    struct Parameters { size: u32 }
    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> product: array<f32>;
    @group(0) @binding(3) var<uniform> parameters: Parameters;
    var<workgroup> left: array<array<f32, ${String(TILE)}>, ${String(TILE)}>;
    var<workgroup> right: array<array<f32, ${String(TILE)}>, ${String(TILE)}>;
    @compute @workgroup_size(${String(TILE)}, ${String(TILE)})
    fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
      let size = parameters.size;
      var sum = 0f;
      for (var tile = 0u; tile < size; tile += ${String(TILE)}u) {
        left[local.y][local.x] = a[id.y * size + tile + local.x];
        right[local.y][local.x] = b[(tile + local.y) * size + id.x];
        workgroupBarrier();
        for (var k = 0u; k < ${String(TILE)}u; k++) { sum += left[local.y][k] * right[k][local.x]; }
        workgroupBarrier();
      }
      product[id.y * size + id.x] = sum;
    }`,
  bindings: [
    { type: 'f32', access: 'read' },
    { type: 'f32', access: 'read' },
    { type: 'f32', access: 'write' },
  ],
  parameters: { size: 'u32' },
  cpu: {
    workgroup: [TILE, TILE],
    main({ global: [x, y] }, [a, b, product], { size = 0 }) {
      let sum = 0;
      for (let k = 0; k < size; k++)
        sum = Math.fround(sum + Math.fround((a?.[y * size + k] ?? 0) * (b?.[k * size + x] ?? 0)));
      if (product !== undefined) product[y * size + x] = sum;
    },
  },
} as const satisfies Job['kernel'];

/** `size` is a multiple of 16. */
export function matrixProductJob(a: Float32Array, b: Float32Array, size: number): Job<{ readonly size: 'u32' }> {
  return {
    kernel: matrixProduct,
    buffers: [a, b, size * size * 4],
    outputs: [2],
    grid: [size / TILE, size / TILE],
    parameters: { size },
  };
}

/** In double precision, the sums of absolute values beside it: rounding is bounded by their multiple. */
export function matrixReference(
  a: Float32Array,
  b: Float32Array,
  size: number,
): { readonly product: Float64Array; readonly magnitude: Float64Array } {
  const product = new Float64Array(size * size);
  const magnitude = new Float64Array(size * size);
  for (let y = 0; y < size; y++)
    for (let k = 0; k < size; k++) {
      const factor = a[y * size + k] ?? 0;
      for (let x = 0; x < size; x++) {
        const term = factor * (b[k * size + x] ?? 0);
        product[y * size + x] = (product[y * size + x] ?? 0) + term;
        magnitude[y * size + x] = (magnitude[y * size + x] ?? 0) + Math.abs(term);
      }
    }
  return { product, magnitude };
}
