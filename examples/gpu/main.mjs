#!/usr/bin/env node
// @ts-check
/**
 * Computes on a graphics processor and checks the results: node examples/gpu/main.mjs [--cpu] [picture.png]
 * Build the package first; `--cpu` allows the processor in the place of a device.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { openGpu } from '../../dist/gpu/node/index.js';
import { mandelbrotJob, pixelsOf, stepsAt, wholeView } from '../../dist/gpu/demo/mandelbrot.js';
import { matrixProductJob, matrixReference } from '../../dist/gpu/demo/matrix-product.js';
import { reductionJob } from '../../dist/gpu/demo/reduction.js';
import { hexDigests, sha256Job } from '../../dist/gpu/demo/sha256.js';
import { vectorAddJob } from '../../dist/gpu/demo/vector-add.js';
import { png } from './png.mjs';

const onProcessor = process.argv.includes('--cpu');
const picture = process.argv.slice(2).find((name) => !name.startsWith('-'));
const gpu = openGpu(onProcessor ? { fallback: 'cpu' } : {});
for (const { type, name } of await gpu.devices()) console.log(`device: ${name} (${type})`);

/** @param {number} length */
const noise = (length) => Float32Array.from({ length }, () => Math.random() * 2 - 1);

/**
 * Runs it twice, the second time with the compiled kernel, and the same on the processor.
 *
 * @template T @param {string} name @param {() => Promise<T>} onDevice @param {() => T} reference
 * @param {(found: T, expected: T) => string} compare
 */
async function demonstrate(name, onDevice, reference, compare) {
  const first = await timed(onDevice);
  const again = await timed(onDevice);
  const own = await timed(reference);
  const times = [first, again, own].map(({ milliseconds }) => `${milliseconds.toFixed(1)} ms`);
  console.log(
    `${name}: ${times[0]} at first, ${times[1]} then; JavaScript ${times[2]}; ${compare(again.result, own.result)}`,
  );
}

/** @template T @param {() => T | Promise<T>} action */
async function timed(action) {
  const begun = performance.now();
  const result = await action();
  return { result, milliseconds: performance.now() - begun };
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected */
const farthest = (found, expected) =>
  Array.from(found).reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index])), 0);

const [a, b] = [noise(1 << 20), noise(1 << 20)];
await demonstrate(
  'vector add, 1 M numbers',
  async () => new Float32Array((await gpu.compute(vectorAddJob(a, b)))[0].buffer),
  () => a.map((value, index) => value + b[index]),
  (found, expected) => `largest difference ${farthest(found, expected)}`,
);

const SIZE = onProcessor ? 64 : 512;
const [left, right] = [noise(SIZE * SIZE), noise(SIZE * SIZE)];
await demonstrate(
  `matrix product, ${SIZE} x ${SIZE}`,
  async () => new Float32Array((await gpu.compute(matrixProductJob(left, right, SIZE)))[0].buffer),
  () => Float32Array.from(matrixReference(left, right, SIZE).product),
  (found, expected) => `largest difference ${farthest(found, expected).toExponential(1)}`,
);

const numbers = Uint32Array.from({ length: 1 << 20 }, (_, index) => Math.imul(index, 2654435761) >>> 0);
await demonstrate(
  'sum of 1 M numbers',
  async () => {
    let left = numbers;
    while (left.length > 1) left = new Uint32Array((await gpu.compute(reductionJob(left)))[0].buffer);
    return left[0];
  },
  () => numbers.reduce((sum, value) => (sum + value) >>> 0, 0),
  (found, expected) => (found === expected ? 'equal' : 'DIFFERENT'),
);

if (!onProcessor) {
  const messages = Array.from({ length: 100_000 }, (_, index) => new TextEncoder().encode(`message ${index}`));
  await demonstrate(
    'SHA-256 of 100,000 messages',
    async () => hexDigests((await gpu.compute(sha256Job(messages)))[0]).join(),
    () => messages.map((message) => createHash('sha256').update(message).digest('hex')).join(),
    (found, expected) => (found === expected ? 'equal' : 'DIFFERENT'),
  );
}

const view = wholeView(1400);
await demonstrate(
  `Mandelbrot, ${view.width} x ${view.height}`,
  async () => new Uint32Array((await gpu.compute(mandelbrotJob(view)))[0].buffer),
  () =>
    Uint32Array.from({ length: view.width * view.height }, (_, index) => {
      const [x, y] = [index % view.width, Math.floor(index / view.width)];
      return stepsAt(view.left + x * view.step, view.top + y * view.step, Math.fround);
    }),
  (found, expected) => {
    const differing = found.filter((count, index) => count !== expected[index]).length;
    if (picture !== undefined) writeFileSync(picture, png(view.width, view.height, pixelsOf(found)));
    return `${((100 * differing) / found.length).toFixed(3)} % of the points differ`;
  },
);

console.log(JSON.stringify(gpu.stats));
await gpu.close();
