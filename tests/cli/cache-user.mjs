/**
 * A process that uses a folder of kept code as hard as it can: writes entries of random sizes, reads others, and fails when
 * one is anything else than what some process has written as a whole.
 *
 *   node cache-user.mjs FOLDER SEED ROUNDS
 */
import { createHash } from 'node:crypto';
import { CodeFiles } from '../../dist/platform/node/code-store.js';

const KEYS = 8;

/** Bytes that say which they are: seed and length, then what follows from these. */
function content(key, seed, length) {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, seed);
  view.setUint32(4, length);
  const pattern = createHash('sha256')
    .update(`${key} ${String(seed)}`)
    .digest();
  for (let at = 8; at < length; at++) bytes[at] = pattern[at % 32] ^ (at >>> 5);
  return bytes;
}

/**
 * Why bytes found under a key are not what a process wrote there, or null.
 *
 * @param {string} key
 * @param {Uint8Array} bytes
 * @returns {string | null}
 */
export function wrong(key, bytes) {
  if (bytes.length < 8) return `${String(bytes.length)} bytes`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [seed, length] = [view.getUint32(0), view.getUint32(4)];
  if (length !== bytes.length) return `${String(bytes.length)} bytes of ${String(length)}`;
  return Buffer.compare(bytes, content(key, seed, length)) === 0 ? null : `other bytes than seed ${String(seed)} gives`;
}

/**
 * @param {number} number
 * @returns {string}
 */
export function keyOf(number) {
  return `version\nriscv64 4096 /key${String(number % KEYS)} 1`;
}

if (process.argv[1] === import.meta.filename) {
  const [folder, seedText, rounds] = process.argv.slice(2);
  const files = new CodeFiles(folder);
  let seed = Number(seedText);
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 8;
  let found = 0;
  process.stdout.write('ready\n');
  for (let round = 0; round < Number(rounds); round++) {
    const written = keyOf(random());
    files.write(written, content(written, random(), 8 + (random() % 300_000)));
    const key = keyOf(random());
    const bytes = files.read(key);
    if (bytes === null) continue;
    found++;
    const problem = wrong(key, bytes);
    if (problem !== null) {
      process.stdout.write(`WRONG: ${problem} under ${JSON.stringify(key)}\n`);
      process.exit(1);
    }
  }
  process.stdout.write(`found ${String(found)}\n`);
}
