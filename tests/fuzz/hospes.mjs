// @ts-check
/** Runs a fuzz program on a bare vCPU: no kernel, no process, only its two segments. */
import { CODE, DATA } from './layout.mjs';

/** Instructions that no program takes. */
const LIMIT = 1e9;
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
 * @param {{ budget?: number, codeLimits?: import('../../src/engine/regions.ts').CodeLimits, makeVcpu?: (options:
 *   import('../../src/engine/vcpu.ts').VcpuOptions) => import('../../src/engine/vcpu.ts').Vcpu }} [more]  `budget`:
 *   instructions to run at once
 * @returns {{ data: Uint8Array, stopped: string | null, instructions: number, compiled: number, evicted: number }}
 *   `stopped`: why it did not get there; `compiled`: instructions that ran in compiled regions; `evicted`: regions
 */
export function runInHospes(parts, { code, data }, model, tier, { budget = LIMIT, codeLimits, makeVcpu } = {}) {
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
  const options = {
    ...{ guest, memory, memoryModel: model, pageProtection, enableWasmFeatures, tier },
    ...(codeLimits === undefined ? {} : { codeLimits }),
  };
  const make = makeVcpu ?? ((/** @type {import('../../src/engine/vcpu.ts').VcpuOptions} */ of) => new Vcpu(of));
  const vcpu = make({ ...options, compileThreshold: 2, clock: () => 0n });
  vcpu.pc = CODE;
  let exit = vcpu.run(budget);
  while (exit.kind === 'budget' && vcpu.instructions < LIMIT) exit = vcpu.run(budget);
  const stopped =
    exit.kind === 'syscall'
      ? null
      : JSON.stringify(exit, (_, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
  const { instructions, compiledInstructions: compiled, evictedRegions: evicted } = vcpu.stats;
  return { data: memory.bytes.slice(DATA, DATA + data.length), stopped, instructions, compiled, evicted };
}
