// @ts-check
/** A thread of the tests of threads: what it does is named in its data. */
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../fuzz/random.mjs';

const dist = new URL('../../dist/', import.meta.url).href;
/** @type {typeof import('../../src/slab/index.ts')} */
const { SlabAllocator } = await import(`${dist}slab/index.js`);

/**
 * @typedef {{ handle: import('../../src/slab/index.ts').SlabHandle, mayWait: boolean, index: number, threads: number, seed: number }} Common
 * @typedef {Common & { kind: 'exchange', operations: number, rings: SharedArrayBuffer, state: SharedArrayBuffer }} Exchange
 * @typedef {Common & { kind: 'race', offsets: Uint32Array, arrivals: SharedArrayBuffer }} Race
 */

/** Offsets that one thread sends to one other one: counts of those taken and put, then the offsets. */
const RING = { ENTRIES: 256, TAKEN: 0, PUT: 1, FIRST: 2, WORDS: 258 };

/** How many threads have come so far, and a word that nothing changes. */
const STATE = { STARTED: 0, FINISHED: 1, NEVER: 2 };

const data = /** @type {Exchange | Race} */ (workerData);
const slab = attach(data);
const result = data.kind === 'exchange' ? exchange(data) : race(data);
slab.detach();
parentPort?.postMessage(result);

/** Without `mayWait`, as in the main thread of a page, where `Atomics.wait` throws. @param {Common} data */
function attach({ handle, mayWait }) {
  const { wait } = Atomics;
  if (!mayWait)
    Atomics.wait = () => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    };
  try {
    return SlabAllocator.attach(handle);
  } finally {
    Atomics.wait = wait;
  }
}

/**
 * Allocates objects, marks them, and frees them or sends them to other threads, which look at the mark and free them.
 *
 * @param {Exchange} data
 */
function exchange({ index, threads, seed, operations, rings, state }) {
  const random = new Random(seed, index);
  const words = new Uint32Array(slab.memory.buffer);
  const states = new Int32Array(state);
  /** @param {number} from @param {number} to */
  const ring = (from, to) => new Int32Array(rings, (from * threads + to) * RING.WORDS * 4, RING.WORDS);
  const others = Array.from({ length: threads }, (_, other) => other).filter((other) => other !== index);
  const inboxes = others.map((other) => ring(other, index));
  const outboxes = others.map((other) => ring(index, other));
  /** @type {number[]} */
  const held = [];
  const counts = { allocs: 0, frees: 0, received: 0, usedUp: 0 };

  /** @param {number} offset */
  const release = (offset) => {
    const last = (offset + slab.sizeOf(offset)) / 4 - 1;
    if (words[offset / 4] !== offset || words[last] !== (last === offset / 4 ? offset : ~offset >>> 0))
      throw new Error(`the object at ${offset} was written over`);
    slab.free(offset);
    counts.frees++;
  };
  const receive = () => {
    let received = 0;
    for (const inbox of inboxes) {
      const put = Atomics.load(inbox, RING.PUT);
      for (let at = inbox[RING.TAKEN] ?? 0; at !== put; at = (at + 1) | 0) {
        release((inbox[RING.FIRST + (at & (RING.ENTRIES - 1))] ?? 0) >>> 0);
        Atomics.store(inbox, RING.TAKEN, (at + 1) | 0);
        received++;
      }
    }
    counts.received += received;
    return received;
  };
  /** Lets the others run: there may be fewer processors than threads. */
  const pause = () => Atomics.wait(states, STATE.NEVER, 0, 0.05);
  /** @param {number} offset */
  const send = (offset) => {
    const outbox = random.pick(outboxes);
    const put = outbox[RING.PUT] ?? 0;
    while (put - Atomics.load(outbox, RING.TAKEN) === RING.ENTRIES) if (receive() === 0) pause();
    outbox[RING.FIRST + (put & (RING.ENTRIES - 1))] = offset;
    Atomics.store(outbox, RING.PUT, (put + 1) | 0);
  };

  Atomics.add(states, STATE.STARTED, 1);
  while (Atomics.load(states, STATE.STARTED) < threads) pause();
  while (counts.allocs < operations) {
    const offset = slab.tryAlloc(1 + random.below(2 ** random.between(3, random.chance(0.02) ? 16 : 13)));
    if (offset === 0) counts.usedUp++;
    else {
      counts.allocs++;
      words[(offset + slab.sizeOf(offset)) / 4 - 1] = ~offset >>> 0;
      words[offset / 4] = offset;
      held.push(offset);
    }
    if (held.length > 100 || offset === 0) {
      const one = held.splice(random.below(held.length), 1)[0];
      if (one !== undefined) (random.chance(0.7) ? send : release)(one);
    }
    if (random.chance(0.05) || offset === 0) receive();
    if (random.chance(0.001)) slab.trim();
  }
  for (const offset of held) release(offset);
  Atomics.add(states, STATE.FINISHED, 1);
  while (Atomics.load(states, STATE.FINISHED) < threads) if (receive() === 0) pause();
  receive();
  return counts;
}

/**
 * Frees what the other threads free at the same time; gives how often that succeeded.
 *
 * @param {Race} data
 */
function race({ offsets, arrivals, threads }) {
  const arrived = new Int32Array(arrivals);
  let frees = 0;
  let refusals = 0;
  for (const [at, offset] of offsets.entries()) {
    Atomics.add(arrived, at, 1);
    while (Atomics.load(arrived, at) < threads);
    try {
      slab.free(offset);
      frees++;
    } catch (error) {
      if (!(error instanceof RangeError && error.message.includes('freed before'))) throw error;
      refusals++;
    }
  }
  return { frees, refusals };
}
