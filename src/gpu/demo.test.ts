/** The demonstrations against what the processor computes, within the tolerance stated with each. */
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { png } from '../../examples/gpu/png.mjs';
import { mandelbrotJob, pixelsOf, stepsAt, wholeView } from './demo/mandelbrot.ts';
import { matrixProductJob, matrixReference } from './demo/matrix-product.ts';
import { reductionJob } from './demo/reduction.ts';
import { hexDigests, sha256Job } from './demo/sha256.ts';
import { vectorAddJob } from './demo/vector-add.ts';
import { Gpu } from './gpu.ts';
import { nodeGpuHost } from './node/index.ts';
import { noWebGpu, skippedTitle } from './testing/software.ts';
import type { GpuHost } from './types.ts';

const none: GpuHost = {
  ...nodeGpuHost,
  source: () => Promise.resolve({ gpu: { requestAdapter: () => Promise.resolve(null) } }),
};

/** Numbers from -1 to 1, the same in each run. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

describe.each([
  // Functions are 100 times slower than drivers: smaller matrices.
  { name: 'functions on the processor', gpu: new Gpu(none, { fallback: 'cpu' }), size: 64, skip: false, driver: false },
  { name: `WebGPU${skippedTitle}`, gpu: new Gpu(nodeGpuHost), size: 512, skip: noWebGpu !== null, driver: true },
])('demonstrations on $name', ({ gpu, size, skip, driver }) => {
  it.skipIf(skip)('vectors: every bit alike', async () => {
    const [a, b] = [noise(100_003, 1), noise(100_003, 2)];
    const [bytes] = await gpu.compute(vectorAddJob(a, b));
    expect(new Float32Array(bytes!.buffer)).toEqual(a.map((value, index) => value + b[index]!));
  });

  it.skipIf(skip)('matrices: off by (n + 1) roundings of the terms at most', async () => {
    const [a, b] = [noise(size * size, 3), noise(size * size, 4)];
    const [bytes] = await gpu.compute(matrixProductJob(a, b, size));
    const { product, magnitude } = matrixReference(a, b, size);
    const found = new Float32Array(bytes!.buffer);
    const worst = found.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - product[index]!) / magnitude[index]!),
      0,
    );
    expect(worst).toBeLessThan((size + 1) * 2 ** -24);
    expect(worst).toBeGreaterThan(0);
  });

  it.skipIf(skip)('a sum: exact', async () => {
    let numbers = Uint32Array.from({ length: 300_001 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 0);
    const expected = numbers.reduce((sum, value) => (sum + value) >>> 0, 0);
    while (numbers.length > 1) numbers = new Uint32Array((await gpu.compute(reductionJob(numbers)))[0]!.buffer);
    expect(numbers[0]).toBe(expected);
  });

  it.skipIf(skip)('Mandelbrot: one point in a hundred may end otherwise, for products are rounded or not', async () => {
    const view = wholeView(280);
    const [bytes] = await gpu.compute(mandelbrotJob(view));
    const steps = new Uint32Array(bytes!.buffer);
    const wrong = steps.filter((count, index) => {
      const [x, y] = [index % view.width, Math.floor(index / view.width)];
      return count !== stepsAt(view.left + x * view.step, view.top + y * view.step, Math.fround);
    });
    expect(wrong.length / steps.length).toBeLessThan(0.01);
    const picture = png(view.width, view.height, pixelsOf(steps));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    const data = picture.subarray(picture.indexOf('IDAT') + 4, picture.indexOf('IEND') - 8);
    const lines = inflateSync(data);
    expect(lines).toHaveLength((view.width + 1) * view.height);
    // The middle of the picture belongs to the set, its corner does not.
    const pixel = (x: number, y: number): number => lines[y * (view.width + 1) + 1 + x]!;
    expect(pixel(Math.round(2.2 / view.step), view.height / 2)).toBe(0);
    expect(pixel(0, 0)).toBeGreaterThan(0);
  });

  it.skipIf(!driver || skip)('SHA-256: every digest', async () => {
    const messages = Array.from({ length: 1000 }, (_, index) =>
      new TextEncoder().encode(`${index}`.repeat(index % 14)),
    );
    const [bytes] = await gpu.compute(sha256Job(messages));
    expect(hexDigests(bytes!)).toEqual(messages.map((message) => createHash('sha256').update(message).digest('hex')));
    expect(() => sha256Job([new Uint8Array(56)])).toThrow(RangeError);
  });
});
