/**
 * Which 64-bit values of a region are given by their low 32 bits: an i64 that is their extension, by sign or by zeros as
 * the guest's 32-bit instructions have it, an f64 that is the box of an f32 (all ones above it). A host can hold those
 * as i32 and f32: extensions and truncations cancel, boxes are never made, comparisons and logic become 32 bits wide,
 * and an engine sees the rotation in two shifts and an `or`.
 */
import { defined } from '../common/assert.ts';
import type { Block, Inst } from './block.ts';
import { edgesOf, openEntries, type Region } from './region.ts';
import { slotIndices, type SlotSet } from './slot-flow.ts';
import type { Extension, StateLayout } from './state.ts';

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

const SMALL = ['i64.load16_u', 'i64.load8_u', 'i64.clz', 'i64.ctz', 'i64.popcnt'];
const ALWAYS: Readonly<Record<Extension, ReadonlySet<string>>> = {
  sign: new Set([
    ...SMALL,
    'i64.extend32_s',
    'i64.extend_i32_s',
    'i64.extend16_s',
    'i64.extend8_s',
    'i64.load32_s',
    'i64.load16_s',
    'i64.load8_s',
  ]),
  zero: new Set([...SMALL, 'i64.extend_i32_u', 'i64.load32_u']),
};

/** The low half of `i64.or x, 0xffffffff00000000`, by which guest code makes a box; null for anything else. */
export function boxedBits(inst: Inst | null): Inst | null {
  if (inst?.op?.name !== 'i64.or') return null;
  const isUpper = (operand: Inst | null): boolean => isConstant(operand, (lo, hi) => lo === 0 && hi === -1);
  if (isUpper(inst.b)) return inst.a;
  return isUpper(inst.a) ? inst.b : null;
}

const COMPARISON = /^[if]\d\d\.(eqz|eq|ne|[lg][te]_[su]|[lg][te])$/;

/** Follows through one block which slots and values are narrow. */
export class NarrowTracker {
  readonly #indices: ReadonlyMap<number, number>;
  readonly #known = new Map<Inst, boolean>();
  readonly #extension: Extension;
  #narrow: SlotSet;

  /** `entry`: the slots whose value is narrow where the block begins. */
  constructor(layout: StateLayout, entry: SlotSet) {
    this.#indices = slotIndices(layout);
    this.#extension = layout.extension;
    this.#narrow = entry;
  }

  /** The slots that hold narrow values now. */
  get slots(): SlotSet {
    return this.#narrow;
  }

  /** Takes note of a `get` or `set`, in order. */
  slot(inst: Inst): void {
    const bit = 1n << BigInt(defined(this.#indices.get(inst.lo), 'a slot of the layout'));
    if (inst.kind === 'get') this.#known.set(inst, (this.#narrow & bit) !== 0n);
    else if (inst.a !== null && this.isNarrow(inst.a)) this.#narrow |= bit;
    else this.#narrow &= ~bit;
  }

  isNarrow(inst: Inst): boolean {
    if (inst.type !== 'i64' && inst.type !== 'f64') return false;
    let known = this.#known.get(inst);
    if (known === undefined) {
      if (inst.type === 'f64') known = isBox(inst);
      else known = this.#extension === 'sign' ? this.#isSignExtension(inst) : this.#isZeroExtension(inst);
      this.#known.set(inst, known);
    }
    return known;
  }

  #isZeroExtension(inst: Inst): boolean {
    if (inst.kind === 'const') return inst.hi === 0;
    const { a, b } = inst;
    const name = inst.op?.name ?? '';
    if (ALWAYS.zero.has(name)) return true;
    if (a === null) return false;
    switch (name) {
      case 'i64.and':
        return b !== null && (this.isNarrow(a) || this.isNarrow(b));
      case 'i64.or':
      case 'i64.xor':
      case 'i64.select':
        return b !== null && this.isNarrow(a) && this.isNarrow(b);
      case 'i64.shr_s':
        return this.isNarrow(a);
      case 'i64.shr_u':
        return this.isNarrow(a) || (shiftCount(inst) ?? 0) >= 32;
      default:
        return false;
    }
  }

  #isSignExtension(inst: Inst): boolean {
    if (inst.kind === 'const') return inst.hi === inst.lo >> 31;
    const { a, b } = inst;
    const name = inst.op?.name ?? '';
    if (ALWAYS.sign.has(name)) return true;
    if (a === null) return false;
    switch (name) {
      case 'i64.extend_i32_u':
        return COMPARISON.test(a.op?.name ?? '');
      case 'i64.and':
        if (isConstant(b, (lo, hi) => hi === 0 && lo >= 0)) return true;
        return b !== null && this.isNarrow(a) && this.isNarrow(b);
      case 'i64.or':
      case 'i64.xor':
      case 'i64.select':
        return b !== null && this.isNarrow(a) && this.isNarrow(b);
      case 'i64.shr_s':
        return this.isNarrow(a) || (shiftCount(inst) ?? 0) >= 32;
      case 'i64.shr_u': {
        const count = shiftCount(inst) ?? 0;
        return count > 32 || (count > 0 && isLowMask(a));
      }
      default:
        return false;
    }
  }
}

function isBox(inst: Inst): boolean {
  if (inst.kind === 'const') return inst.hi === -1;
  return inst.op?.name === 'f64.box_f32' || (inst.op?.name === 'f64.reinterpret_i64' && boxedBits(inst.a) !== null);
}

export interface NarrowFlow {
  /** By node: the slots that hold narrow values where it begins, and where it ends. */
  readonly entry: readonly SlotSet[];
  readonly exit: readonly SlotSet[];
}

function transfer(block: Block, layout: StateLayout, entry: SlotSet): SlotSet {
  const tracker = new NarrowTracker(layout, entry);
  for (const inst of block.instructions) if (inst.kind === 'get' || inst.kind === 'set') tracker.slot(inst);
  return tracker.slots;
}

/** `order`: the nodes, such that most edges go forward; `unloaded`: those at which no slot is in a local. */
export function analyzeNarrow(region: Region, order: readonly number[], unloaded: ReadonlySet<number>): NarrowFlow {
  const { nodes, layout } = region;
  const all = layout.slots.reduce(
    (set, { type }, index) => (type === 'i64' || type === 'f64' ? set | (1n << BigInt(index)) : set),
    0n,
  );
  const entry = nodes.map(() => all);
  const exit = nodes.map(() => all);
  for (const node of [...openEntries(region), ...unloaded]) entry[node] = 0n;
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
