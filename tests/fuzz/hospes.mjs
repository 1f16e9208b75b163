// @ts-check
/** Runs a fuzz program on a bare vCPU: no kernel, no process, only its two segments. */
import { CODE, DATA } from './layout.mjs';

const PAGE = 4096;
const READ = 1;
const WRITE = 2;
const EXECUTE = 4;

/**
 * @typedef {object} HospesParts  passed in, so that the same code runs over `dist` and over the sources
 * @property {typeof import('../../src/engine/vcpu.ts').Vcpu} Vcpu
 * @property {typeof import('../../src/memory/guest-memory.ts').GuestMemory} GuestMemory
 * @property {import('../../src/guest/guest.ts').Guest} guest
 * @property {() => import('../../src/platform/types.ts').PageProtection | null} [pageProtection]  for model `host`
 * @property {() => void} [enableWasmFeatures]
 */

/**
 * The data segment when the program asks for its first system call.
 * @param {HospesParts} parts
 * @param {import('./layout.mjs').Program} program
 * @param {'strict' | 'range' | 'host'} model
 * @param {0 | 1} tier  with 1, code is compiled at its second arrival
 * @returns {{ data: Uint8Array, stopped: string | null, instructions: number, compiled: number }}
 *   `stopped`: why it did not get there; `compiled`: instructions that ran in compiled regions
 */
export function runInHospes(parts, { code, data }, model, tier) {
  const { Vcpu, GuestMemory, guest, pageProtection = () => null, enableWasmFeatures = () => {} } = parts;
  const memory = GuestMemory.create(1 << 26);
  const permit = (/** @type {number} */ start, /** @type {number} */ length, /** @type {number} */ bits) => {
    const first = memory.layout.permissions + start / PAGE;
    memory.bytes.fill(bits, first, first + Math.ceil(length / PAGE));
  };
  memory.bytes.set(code, CODE);
  memory.bytes.set(data, DATA);
  permit(CODE, code.length, READ | EXECUTE);
  permit(DATA, data.length, READ | WRITE);
  const options = { guest, memory, memoryModel: model, pageProtection, enableWasmFeatures, tier };
  const vcpu = new Vcpu({ ...options, compileThreshold: 2, clock: () => 0n });
  vcpu.pc = CODE;
  const exit = vcpu.run(1e9);
  const stopped =
    exit.kind === 'syscall'
      ? null
      : JSON.stringify(exit, (_, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
  const { instructions, compiledInstructions } = vcpu.stats;
  return { data: memory.bytes.slice(DATA, DATA + data.length), stopped, instructions, compiled: compiledInstructions };
}
