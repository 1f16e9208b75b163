/**
 * Lets a load from where the block has just stored give the stored value. Compilers for guests with few registers, or that
 * ran out of many, keep values in the stack frame for a few instructions.
 *
 * Two addresses with one root differ by a known distance; of others nothing is known, so a store forgets what was
 * stored by way of other roots. That the value may be older than what another thread stored meanwhile is what every
 * processor's store buffer does; operations that order accesses forget everything.
 *
 * Adds a few values to a block where halves are joined.
 */
import { defined } from '../../common/assert.ts';
import { rootOf } from '../address-flow.ts';
import type { Block, Inst } from '../block.ts';
import { ops, type OpName } from '../ops.ts';
import { BlockRewriter } from './rewrite.ts';

/** What makes of the stored value, as an operand, the loaded one. */
type Conversion = 'same' | 'low half' | OpName | { readonly mask: bigint };

/** By store and load of one width. */
const CONVERSIONS: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  'i64.store': { 'i64.load': 'same', 'f64.load': 'f64.reinterpret_i64' },
  'f64.store': { 'f64.load': 'same', 'i64.load': 'i64.reinterpret_f64' },
  'f32.store': { 'f32.load': 'same' },
  'v128.store': { 'v128.load': 'same' },
  'i64.store32': { 'i64.load': 'low half', 'i64.load32_s': 'i64.extend32_s', 'i64.load32_u': { mask: 0xffffffffn } },
  'i64.store16': { 'i64.load16_s': 'i64.extend16_s', 'i64.load16_u': { mask: 0xffffn } },
  'i64.store8': { 'i64.load8_s': 'i64.extend8_s', 'i64.load8_u': { mask: 0xffn } },
};

interface Stored {
  readonly distance: number;
  readonly width: number;
  readonly store: string;
  /** In the new block. */
  readonly value: Inst;
}

export function forwardStores(block: Block): Block {
  if (!loadsAfterStore(block)) return block;
  const rewriter = new BlockRewriter(block);
  let root: Inst | null = null;
  let known: Stored[] = [];
  for (const inst of block.instructions) {
    const effect = inst.op?.effect;
    if (effect === 'load') {
      const value = forwarded(rewriter, inst, root, known);
      if (value === null) rewriter.keep(inst);
      else rewriter.replace(inst, value);
      continue;
    }
    rewriter.keep(inst);
    if (effect === 'store') {
      const { op } = inst;
      const at = rootOf(defined(inst.a, 'an access has an address'), inst.lo);
      const [store, width] = [op?.name ?? '', op?.width ?? 0];
      if (at.root !== root) known = [];
      root = at.root;
      known = known.filter(
        ({ distance, width: other }) => distance >= at.distance + width || distance + other <= at.distance,
      );
      if (store in CONVERSIONS && inst.b !== null)
        known.push({ distance: at.distance, width, store, value: rewriter.mapped(inst.b) });
    } else if (effect === 'atomic' || effect === 'fence') {
      known = [];
    }
  }
  return rewriter.finish();
}

function loadsAfterStore({ instructions }: Block): boolean {
  let stores = false;
  for (const { op } of instructions) {
    if (op === null) continue;
    if (op.effect === 'store') stores = true;
    else if (op.effect === 'load' && stores) return true;
  }
  return false;
}

/** The value of a load, where it is known. */
function forwarded(rewriter: BlockRewriter, load: Inst, root: Inst | null, known: readonly Stored[]): Inst | null {
  const at = rootOf(defined(load.a, 'an access has an address'), load.lo);
  if (at.root !== root) return null;
  const found = known.find(({ distance }) => distance === at.distance);
  const conversion = found && CONVERSIONS[found.store]?.[load.op?.name ?? ''];
  if (found === undefined || conversion === undefined) return null;
  if (conversion === 'same') return found.value;
  if (conversion === 'low half') return joined(rewriter, load, found.value);
  if (typeof conversion === 'string') return rewriter.op(ops[conversion], [found.value]);
  return masked(rewriter, found.value, conversion.mask);
}

function masked(rewriter: BlockRewriter, value: Inst, mask: bigint): Inst {
  return rewriter.op(ops['i64.and'], [value, rewriter.constant('i64', mask)]);
}

/**
 * A load of which the low half is known. Compilers do that to 32-bit values of which nobody wants the upper half, and a
 * processor that has to wait until the store is in its cache loses more than this takes.
 */
function joined(rewriter: BlockRewriter, load: Inst, low: Inst): Inst | null {
  const offset = load.lo + 4;
  if (offset !== (offset | 0)) return null;
  const upper = rewriter.op(ops['i64.load32_u'], [rewriter.mapped(defined(load.a, 'a load has an address'))], offset);
  const shifted = rewriter.op(ops['i64.shl'], [upper, rewriter.constant('i64', 32n)]);
  return rewriter.op(ops['i64.or'], [shifted, masked(rewriter, low, 0xffffffffn)]);
}
