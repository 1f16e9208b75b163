/** SHA-256 (FIPS 180-4) of many messages of up to 55 bytes, one block each, one an invocation. */
import type { Job } from '../types.ts';

const WORKGROUP = 64;
const BLOCK_WORDS = 16;
export const LONGEST_MESSAGE = 55;

/** The first 32 bits of the fractional parts of roots of the first primes (4.2.2, 5.3.3). */
function rootsOfPrimes(count: number, root: (prime: number) => number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++)
    if (!Array.from({ length: candidate - 2 }, (_, index) => index + 2).some((divisor) => candidate % divisor === 0))
      found.push(Math.floor((root(candidate) % 1) * 2 ** 32));
  return found;
}

const ROUND_CONSTANTS = rootsOfPrimes(64, Math.cbrt);
const START = rootsOfPrimes(8, Math.sqrt);
const list = (numbers: readonly number[]): string => numbers.map((value) => `${String(value)}u`).join(', ');

export const sha256 = {
  name: 'sha-256',
  code: `
    struct Parameters { count: u32 }
    @group(0) @binding(0) var<storage, read> blocks: array<u32>;
    @group(0) @binding(1) var<storage, read_write> digests: array<u32>;
    @group(0) @binding(2) var<uniform> parameters: Parameters;
    const k = array<u32, 64>(${list(ROUND_CONSTANTS)});
    const start = array<u32, 8>(${list(START)});
    fn rotate(x: u32, by: u32) -> u32 { return (x >> by) | (x << (32u - by)); }
    @compute @workgroup_size(${String(WORKGROUP)}) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= parameters.count) { return; }
      var w: array<u32, 64>;
      for (var t = 0u; t < 16u; t++) { w[t] = blocks[16u * id.x + t]; }
      for (var t = 16u; t < 64u; t++) {
        let s0 = rotate(w[t - 15u], 7u) ^ rotate(w[t - 15u], 18u) ^ (w[t - 15u] >> 3u);
        let s1 = rotate(w[t - 2u], 17u) ^ rotate(w[t - 2u], 19u) ^ (w[t - 2u] >> 10u);
        w[t] = w[t - 16u] + s0 + w[t - 7u] + s1;
      }
      var h = start;
      for (var t = 0u; t < 64u; t++) {
        let s1 = rotate(h[4], 6u) ^ rotate(h[4], 11u) ^ rotate(h[4], 25u);
        let choice = (h[4] & h[5]) ^ (~h[4] & h[6]);
        let t1 = h[7] + s1 + choice + k[t] + w[t];
        let s0 = rotate(h[0], 2u) ^ rotate(h[0], 13u) ^ rotate(h[0], 22u);
        let majority = (h[0] & h[1]) ^ (h[0] & h[2]) ^ (h[1] & h[2]);
        h = array<u32, 8>(t1 + s0 + majority, h[0], h[1], h[2], h[3] + t1, h[4], h[5], h[6]);
      }
      for (var i = 0u; i < 8u; i++) { digests[8u * id.x + i] = start[i] + h[i]; }
    }`,
  bindings: [
    { type: 'u32', access: 'read' },
    { type: 'u32', access: 'write' },
  ],
  parameters: { count: 'u32' },
} as const satisfies Job['kernel'];

/** The digests come as 8 numbers each; `hexDigests` writes them as text. */
export function sha256Job(messages: readonly Uint8Array[]): Job<{ readonly count: 'u32' }> {
  const blocks = new DataView(new ArrayBuffer(messages.length * BLOCK_WORDS * 4));
  for (const [index, message] of messages.entries()) {
    if (message.length > LONGEST_MESSAGE)
      throw new RangeError(`a message of ${String(message.length)} bytes is too long`);
    const block = new Uint8Array(64);
    block.set(message);
    block[message.length] = 0x80;
    const words = new DataView(block.buffer);
    words.setUint32(60, message.length * 8);
    // The standard counts bytes from the high end of a word, buffers are little-endian.
    for (let word = 0; word < BLOCK_WORDS; word++)
      blocks.setUint32((index * BLOCK_WORDS + word) * 4, words.getUint32(word * 4), true);
  }
  return {
    kernel: sha256,
    buffers: [blocks, messages.length * 32],
    outputs: [1],
    grid: [Math.ceil(messages.length / WORKGROUP)],
    parameters: { count: messages.length },
  };
}

export function hexDigests(bytes: Uint8Array<ArrayBuffer>): string[] {
  const view = new DataView(bytes.buffer);
  const digest = (at: number): string =>
    Array.from({ length: 8 }, (_, word) =>
      view
        .getUint32(at + word * 4, true)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  return Array.from({ length: bytes.length / 32 }, (_, index) => digest(index * 32));
}
