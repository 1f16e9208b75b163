/** What `translateBlock` is asked for: checked, and as a key that tells requests with other answers apart. */
import type { RegionMemoryModel } from '../../host/wasm/region/memory-access.ts';
import { guests, type GuestSupport } from '../guests.ts';
import type { CpuLevel } from '../types.ts';
import type { TranslationCache } from './cache.ts';

/** A guest architecture. */
export type GuestName = GuestSupport['guest']['name'];

export interface TranslateRequest {
  readonly guest: GuestName;
  /** The guest's code from `pc` on. What follows the block may be there or not; x86-64 looks at it for what flags matter. */
  readonly code: Uint8Array;
  /** Address of the first instruction, below 2^32. */
  readonly pc: number;
  /** Mode bits that change decoding, as the engine derives them from the guest's state. Default 0. */
  readonly mode?: number;
  /** How the WebAssembly checks accesses to guest memory. Default `host`: by the host's page protection. */
  readonly memoryModel?: RegionMemoryModel;
  /** Of an x86-64 guest; default `v3`. */
  readonly cpu?: CpuLevel;
  /** Where translations are kept. Default: one cache of 1,000 for the whole thread; null keeps none. */
  readonly cache?: TranslationCache | null;
}

/** A request with everything said, and nothing said that makes no sense. */
export interface CheckedRequest {
  readonly support: GuestSupport;
  /** Among all guests. */
  readonly index: number;
  readonly code: Uint8Array;
  readonly pc: number;
  readonly mode: number;
  readonly model: RegionMemoryModel;
  readonly key: Uint8Array;
}

const MODELS: readonly RegionMemoryModel[] = ['host', 'range', 'strict'];
const LEVELS: readonly CpuLevel[] = ['x86-64', 'v2', 'v3'];
/** A block is much shorter. */
const MAX_CODE = 1 << 16;
const KEY_HEAD = 11;

export function checkRequest(request: TranslateRequest): CheckedRequest {
  const { guest, code, pc, mode = 0, memoryModel: model = 'host', cpu } = request;
  const index = guests.findIndex((each) => each.guest.name === guest);
  const base = guests[index];
  if (base === undefined)
    throw new TypeError(`guest ${guest}: there are ${guests.map((each) => each.guest.name).join(', ')}`);
  if (!(code instanceof Uint8Array) || code.length === 0 || code.length > MAX_CODE)
    throw new RangeError('the code of a block is a Uint8Array of 1 to 65,536 bytes');
  if (!Number.isInteger(pc) || pc < 0 || pc + code.length > 2 ** 32)
    throw new RangeError(`pc ${String(pc)}: an address is a whole number, and code ends below 2^32`);
  if (mode >>> 0 !== mode) throw new RangeError(`mode ${String(mode)}: give the bits as a whole number below 2^32`);
  if (!MODELS.includes(model)) throw new TypeError(`memory model ${model}: there are ${MODELS.join(', ')}`);
  if (cpu !== undefined && (!LEVELS.includes(cpu) || base.withCpu === undefined))
    throw new TypeError(`cpu ${cpu}: x64 has the levels ${LEVELS.join(', ')}, other guests none`);
  const support = cpu === undefined || cpu === 'v3' || base.withCpu === undefined ? base : base.withCpu(cpu);
  const key = new Uint8Array(KEY_HEAD + code.length);
  const view = new DataView(key.buffer);
  key[0] = index;
  key[1] = MODELS.indexOf(model);
  key[2] = LEVELS.indexOf(cpu ?? 'v3');
  view.setUint32(3, pc, true);
  view.setUint32(7, mode, true);
  key.set(code, KEY_HEAD);
  return { support, index, code, pc, mode, model, key };
}
