/**
 * Which 64-bit values of a region are the sign extension of their low 32 bits. A host can hold those as 32-bit values:
 * their extensions and truncations cancel, comparisons and logic become 32 bits wide, and an engine sees the rotation in
 * two shifts and an `or`.
 */
import { defined } from '../common/assert.ts';
import type { Block, Inst } from './block.ts';
import { edgesOf, type Region } from './region.ts';
import { slotIndices, type SlotSet } from './slot-flow.ts';
import type { StateLayout } from './state.ts';

const MASK_BITS = 31;

function isConstant(inst: Inst | null, bits: (lo: number, hi: number) => boolean): boolean {
  return inst?.kind === 'const' && bits(inst.lo, inst.hi);
}

/** x & 0xffffffff. */
export function isLowMask(inst: Inst): boolean {
  return inst.op?.name === 'i64.and' && isConstant(inst.b, (lo, hi) => lo === -1 && hi === 0);
}

/** The count of a 64-bit shift, reduced as the operation does, where it is constant. */
export function shiftCount(inst: Inst): number | null {
  return inst.b?.kind === 'const' ? inst.b.lo & 63 : null;
}

/** True for a count that is below 32 for certain: a constant, or `y & c` with c below 32. */
export function isShortCount(inst: Inst | null): boolean {
  if (isConstant(inst, (lo) => (lo & 63) < 32)) return true;
  return inst?.op?.name === 'i64.and' && isConstant(inst.b, (lo, hi) => hi === 0 && lo >= 0 && lo <= MASK_BITS);
}

const ALWAYS: ReadonlySet<string> = new Set([
  'i64.extend32_s',
  'i64.extend_i32_s',
  'i64.extend16_s',
  'i64.extend8_s',
  'i64.load32_s',
  'i64.load16_s',
  'i64.load16_u',
  'i64.load8_s',
  'i64.load8_u',
  'i64.clz',
  'i64.ctz',
  'i64.popcnt',
]);

const COMPARISON = /^[if]\d\d\.(eqz|eq|ne|[lg][te]_[su]|[lg][te])$/;

/** Follows through one block which slots and values are sign extensions. */
export class NarrowTracker {
  readonly #indices: ReadonlyMap<number, number>;
  readonly #isSigned = new Map<Inst, boolean>();
  #narrow: SlotSet;

  /** `entry`: the slots whose value is a sign extension where the block begins. */
  constructor(layout: StateLayout, entry: SlotSet) {
    this.#indices = slotIndices(layout);
    this.#narrow = entry;
  }

  /** The slots that hold sign extensions now. */
  get slots(): SlotSet {
    return this.#narrow;
  }

  /** Takes note of a `get` or `set`, in order. */
  slot(inst: Inst): void {
    const bit = 1n << BigInt(defined(this.#indices.get(inst.lo), 'a slot of the layout'));
    if (inst.kind === 'get') this.#isSigned.set(inst, (this.#narrow & bit) !== 0n);
    else if (inst.a !== null && this.isSigned(inst.a)) this.#narrow |= bit;
    else this.#narrow &= ~bit;
  }

  isSigned(inst: Inst): boolean {
    if (inst.type !== 'i64') return false;
    let known = this.#isSigned.get(inst);
    if (known === undefined) {
      known = this.#derive(inst);
      this.#isSigned.set(inst, known);
    }
    return known;
  }

  #derive(inst: Inst): boolean {
    if (inst.kind === 'const') return inst.hi === inst.lo >> 31;
    const { a, b } = inst;
    const name = inst.op?.name ?? '';
    if (ALWAYS.has(name)) return true;
    if (a === null) return false;
    switch (name) {
      case 'i64.extend_i32_u':
        return COMPARISON.test(a.op?.name ?? '');
      case 'i64.and':
        if (isConstant(b, (lo, hi) => hi === 0 && lo >= 0)) return true;
        return b !== null && this.isSigned(a) && this.isSigned(b);
      case 'i64.or':
      case 'i64.xor':
      case 'i64.select':
        return b !== null && this.isSigned(a) && this.isSigned(b);
      case 'i64.shr_s':
        return this.isSigned(a) || (shiftCount(inst) ?? 0) >= 32;
      case 'i64.shr_u': {
        const count = shiftCount(inst) ?? 0;
        return count > 32 || (count > 0 && isLowMask(a));
      }
      default:
        return false;
    }
  }
}

export interface NarrowFlow {
  /** By node: the slots that hold sign extensions where it begins, and where it ends. */
  readonly entry: readonly SlotSet[];
  readonly exit: readonly SlotSet[];
}

function transfer(block: Block, layout: StateLayout, entry: SlotSet): SlotSet {
  const tracker = new NarrowTracker(layout, entry);
  for (const inst of block.instructions) if (inst.kind === 'get' || inst.kind === 'set') tracker.slot(inst);
  return tracker.slots;
}

/** `order`: the nodes, such that most edges go forward. */
export function analyzeNarrow(region: Region, order: readonly number[]): NarrowFlow {
  const { nodes, layout } = region;
  const all = layout.slots.reduce((set, { type }, index) => (type === 'i64' ? set | (1n << BigInt(index)) : set), 0n);
  const entry = nodes.map(() => all);
  const exit = nodes.map(() => all);
  for (const node of region.entries) entry[node] = 0n;
  for (let changed = true; changed;) {
    changed = false;
    for (const node of order) {
      const { block, flow } = defined(nodes[node], 'node in range');
      const out = transfer(block, layout, entry[node] ?? 0n);
      exit[node] = out;
      const forgets = flow.kind === 'call' || flow.kind === 'call-indirect';
      for (const { node: next } of edgesOf(flow)) {
        if (next < 0) continue;
        const before = entry[next] ?? 0n;
        const after = before & (forgets ? 0n : out);
        if (after === before) continue;
        entry[next] = after;
        changed = true;
      }
    }
  }
  return { entry, exit };
}
