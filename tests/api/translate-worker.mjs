// @ts-check
/** A thread of the test of shared translations: translates blocks that the others translate as well. */
import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../fuzz/random.mjs';

const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/index.ts')} */
const { TranslationCache, translateBlock } = await import(`${dist}index.js`);

const { handle, seed, rounds, blocks } =
  /** @type {{ handle: import('../../src/index.ts').TranslationCacheHandle, seed: number, rounds: number, blocks: number }} */ (
    workerData
  );
const cache = TranslationCache.attach(handle);
const random = new Random(seed);
let wrong = 0;
let hits = 0;
/** @type {Map<number, object>} */
const expected = new Map();
for (let round = 0; round < rounds; round++) {
  const block = random.below(blocks);
  // addi a0, a0, `block`; ret
  const code = Uint8Array.of(0x13, 0x05, 0x05 | ((block & 15) << 4), block >>> 4, 0x67, 0x80, 0x00, 0x00);
  /** @type {import('../../src/index.ts').TranslateRequest} */
  const request = { guest: 'riscv64', code, pc: 0x10000 + block * 16 };
  if (random.chance(0.02)) cache.invalidate(request.pc, request.pc + 1);
  const { isCached, ...translation } = translateBlock({ ...request, cache });
  const own = expected.get(block) ?? withoutCache(request);
  expected.set(block, own);
  if (!isDeepStrictEqual(translation, own)) wrong++;
  if (isCached) hits++;
}
cache.detach();
parentPort?.postMessage({ wrong, hits, rounds });

/** @param {import('../../src/index.ts').TranslateRequest} request */
function withoutCache(request) {
  const { isCached, ...translation } = translateBlock({ ...request, cache: null });
  if (isCached) wrong++;
  return translation;
}
