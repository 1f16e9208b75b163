/**
 * Where indirect jumps can go, as far as the code tells by itself: tables of addresses, or of distances from some address, that
 * compilers make of switches and computed gotos. What is found may be too much, never relied on: the jump itself decides.
 *
 * The target's expression says how wide the entries are, how they are scaled and what is added to them; the table's address is
 * a constant in it, or one that the function had before.
 */
import type { Block, Inst } from '../ir/block.ts';

/** Entries of a table at most. */
const MAX_ENTRIES = 1024;
/** What has fewer valid entries is no table. */
const MIN_ENTRIES = 2;
/** Operations between a load and the jump, or a constant and the load, at most. */
const MAX_DEPTH = 12;
/** Constants of a function to try as tables, the latest first. */
const MAX_TRIED = 24;

export interface CodeMemory {
  /** Bytes of the guest's memory, by address. */
  readonly view: DataView;
  /** Whether `length` bytes at an address can be read. */
  readonly isReadable: (vaddr: number, length: number) => boolean;
}

/** The function that a jump is in; targets lie in it too. */
export interface FunctionBounds {
  readonly pc: number;
  readonly end: number;
}

/** How the target of a jump comes from a table's entry. */
interface Shape {
  readonly width: number;
  readonly isSigned: boolean;
  /** Bits by which entries are shifted to the left. */
  readonly shift: number;
  /** Sum of the constants added. */
  readonly base: bigint;
  /** Something is added that is no constant here. */
  readonly hasUnknownBase: boolean;
  /** The table's address, or what is added to it where the rest is no constant here. */
  readonly table: bigint;
  readonly isTableKnown: boolean;
}

/** Constants that blocks of a function put into slots or use, in the order in which they were seen. */
export class SeenConstants {
  readonly #values = new Set<number>();

  add({ instructions }: Block): void {
    for (const { kind, type, lo, hi } of instructions)
      if (kind === 'const' && type === 'i64' && hi === 0) this.#values.add(lo >>> 0);
  }

  /** The latest first. */
  get latest(): readonly number[] {
    return [...this.#values].reverse();
  }
}

/** Targets of the indirect jump that ends a block; none where no table was found. */
export function tableTargets(
  block: Block,
  bounds: FunctionBounds,
  seen: SeenConstants,
  memory: CodeMemory,
): readonly number[] {
  const { terminator } = block;
  if (terminator.kind !== 'indirect' || terminator.hint !== 'jump') return [];
  const shape = shapeOf(terminator.target);
  if (shape === null) return [];
  const constants = seen.latest;
  const tables = shape.isTableKnown
    ? [Number(BigInt.asUintN(64, shape.table))]
    : constants.slice(0, MAX_TRIED).map((constant) => constant + Number(BigInt.asIntN(64, shape.table)));
  let best: readonly number[] = [];
  for (const table of tables) {
    // What is added is the table's own address, or one in the function.
    const bases = shape.hasUnknownBase
      ? [table, ...constants.filter((pc) => pc >= bounds.pc && pc < bounds.end)]
      : [Number(BigInt.asIntN(64, shape.base))];
    for (const base of bases) {
      const found = readTable(shape, table, base, bounds, constants, memory);
      if (found.length > best.length) best = found;
    }
  }
  return best.length < MIN_ENTRIES ? [] : [...new Set(best)];
}

/** Targets by the table's entries, up to the first that leads elsewhere or to where the next table begins. */
function readTable(
  { width, isSigned, shift }: Shape,
  table: number,
  base: number,
  { pc, end }: FunctionBounds,
  constants: readonly number[],
  { view, isReadable }: CodeMemory,
): number[] {
  const limit = constants.reduce((least, at) => (at > table && at < least ? at : least), table + MAX_ENTRIES * width);
  const found: number[] = [];
  for (let at = table; at + width <= limit && isReadable(at, width); at += width) {
    const target = base + entryAt(view, at, width, isSigned) * 2 ** shift;
    if (!(target >= pc && target < end)) break;
    found.push(target);
  }
  return found;
}

function entryAt(view: DataView, at: number, width: number, isSigned: boolean): number {
  switch (width) {
    case 1:
      return isSigned ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return isSigned ? view.getInt16(at, true) : view.getUint16(at, true);
    case 4:
      return isSigned ? view.getInt32(at, true) : view.getUint32(at, true);
    default:
      return Number(view.getBigInt64(at, true));
  }
}

const LOAD = /^i(?:32|64)\.load(?:(8|16|32)_([su]))?$/;
/** Operations that leave what matters of an entry as it is. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  ...['i64.extend_i32_s', 'i64.extend_i32_u', 'i32.wrap_i64', 'i64.and', 'i32.and'],
  ...['i64.extend8_s', 'i64.extend16_s', 'i64.extend32_s', 'i32.extend8_s', 'i32.extend16_s'],
]);

function shapeOf(target: Inst): Shape | null {
  let node = target;
  let shift = 0;
  let base = 0n;
  let hasUnknownBase = false;
  let extension: string | null = null;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const name = node.op?.name ?? '';
    const load = LOAD.exec(name);
    if (load !== null) {
      const bits = Number(load[1] ?? (name.startsWith('i32') ? 32 : 64));
      const isSigned = extension === null ? load[2] !== 'u' : extension.endsWith('_s');
      return { ...tableOf(node), width: bits / 8, isSigned, shift, base, hasUnknownBase };
    }
    if (name === 'i64.add') {
      const [left, right] = [node.a, node.b];
      if (left === null || right === null) return null;
      const next = holdsLoad(left) ? left : right;
      const other = next === left ? right : left;
      if (other.kind === 'const') base += valueOf(other);
      else hasUnknownBase = true;
      node = next;
    } else if (name === 'i64.shl' && node.b?.kind === 'const' && node.a !== null) {
      shift += node.b.lo;
      node = node.a;
    } else if (TRANSPARENT.has(name) && node.a !== null) {
      if (name.includes('extend')) extension ??= name;
      node = node.a;
    } else return null;
  }
  return null;
}

function holdsLoad(inst: Inst, depth = MAX_DEPTH): boolean {
  if (LOAD.test(inst.op?.name ?? '')) return true;
  return depth > 0 && [inst.a, inst.b].some((operand) => operand !== null && holdsLoad(operand, depth - 1));
}

/** What a load's address says of the table. */
function tableOf(load: Inst): Pick<Shape, 'table' | 'isTableKnown'> {
  let table = BigInt(load.lo);
  let isTableKnown = false;
  let node = load.a;
  for (let depth = 0; node?.op?.name === 'i64.add' && depth < MAX_DEPTH; depth++) {
    const constant: Inst | null = node.b?.kind === 'const' ? node.b : node.a?.kind === 'const' ? node.a : null;
    if (constant === null) break;
    table += valueOf(constant);
    isTableKnown ||= valueOf(constant) >= 1n << 12n;
    node = constant === node.b ? node.a : node.b;
  }
  // Base register and displacement: a table at a fixed address.
  isTableKnown ||= load.lo >= 1 << 16;
  return { table, isTableKnown };
}

function valueOf({ lo, hi }: Inst): bigint {
  return (BigInt(hi) << 32n) + BigInt(lo >>> 0);
}
