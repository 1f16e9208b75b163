/** Micro-ops as text: `x10 = i64.add(x11, 4)`. */
import type { StateLayout } from '../ir/state.ts';
import { ZERO_SLOT } from '../host/interpreter/lower.ts';
import { MICRO_OP_SIZE, type MicroOpKind, type MicroOpSet } from '../host/interpreter/micro-ops.ts';
import { someOperation, type PatternNode } from '../host/interpreter/pattern.ts';

/** The fields of one micro-op; see `MicroOpSet` for what they mean where. */
interface Fields {
  readonly dst: number;
  readonly a: number;
  readonly b: number;
  /** Bytes 8 to 11 and 12 to 15, signed. */
  readonly lo: number;
  readonly hi: number;
}

/** Text of the micro-op at word index `at` of `words`; `base` is the host offset of the block's first micro-op. */
export function microOpText(set: MicroOpSet, layout: StateLayout, words: Int32Array, at: number, base: number): string {
  const word = (index: number): number => words[at + index] ?? 0;
  const code = word(0) & 0xffff;
  const kind = set.byCode(code);
  const fields = { dst: word(0) >>> 16, a: word(1) & 0xffff, b: word(1) >>> 16, lo: word(2), hi: word(3) };
  const sequence = set.fused[code - set.hotCount];
  const text =
    kind.pattern === null ? structuralText(kind.name, fields, layout, base) : patternText(kind, fields, layout, base);
  return sequence === undefined ? text : `${text}   (fused with the next ${String(sequence.length - 1)})`;
}

function placeName(layout: StateLayout, offset: number): string {
  if (offset === ZERO_SLOT) return '0';
  return layout.at(offset)?.name ?? `[${String(offset)}]`;
}

function bits64({ lo, hi }: Fields): string {
  const value = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  return value > -4096n && value < 4096n ? String(value) : `0x${BigInt.asUintN(64, value).toString(16)}`;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** A host offset inside the block as the micro-op's number in it. */
function label(offset: number, base: number): string {
  return `#${String(((offset >>> 0) - base) / MICRO_OP_SIZE)}`;
}

function structuralText(name: string, fields: Fields, layout: StateLayout, base: number): string {
  const { dst, a, b, lo, hi } = fields;
  switch (name) {
    case 'copy4':
    case 'copy8':
    case 'copy16':
      return `${placeName(layout, dst)} = ${name} ${placeName(layout, a)}`;
    case 'const4':
      return `${placeName(layout, dst)} = ${name} ${String(lo)}`;
    case 'const8':
      return `${placeName(layout, dst)} = ${name} ${bits64(fields)}`;
    case 'copy8_copy8_const4':
      return `${placeName(layout, dst)} = ${name} ${placeName(layout, a)}, ${placeName(layout, b)}, ${String(lo)}`;
    case 'copy8_const8_const4':
      return `${placeName(layout, dst)} = ${name} ${placeName(layout, a)}, ${String(lo)}, ${String(hi)}`;
    case 'jump':
      return `jump ${label(lo, base)}`;
    case 'link':
      return `link ${hex(lo)}`;
    case 'trap':
      return `trap ${String(lo)} detail ${hex(hi)}`;
    default:
      // syscall, resync: the next pc.
      return `${name} ${hex(lo)}`;
  }
}

function patternText(kind: MicroOpKind, fields: Fields, layout: StateLayout, base: number): string {
  const { pattern } = kind;
  if (pattern === null) return kind.name;
  const tree = treeText(pattern.tree, fields, layout);
  const lane = kind.name.endsWith(']') ? ` lane ${String(kind.lane)}` : '';
  const displaced = fields.hi !== 0 && someOperation(pattern.tree, (op) => op.immediate === 'offset');
  const displacement = displaced ? ` at ${String(fields.hi)}` : '';
  switch (pattern.root) {
    case 'value':
      return `${placeName(layout, fields.dst)} = ${tree}${displacement}${lane}`;
    case 'effect':
      return `${tree}${displacement}${lane}`;
    case 'branch':
      return `branch ${tree} ${label(fields.lo, base)} else ${label(fields.hi, base)}`;
    case 'indirect':
      return `indirect ${tree}`;
    case 'trap_if':
      return `trap_if ${tree} ${String(fields.lo)}`;
  }
}

function treeText(node: PatternNode, fields: Fields, layout: StateLayout): string {
  switch (node.kind) {
    case 'register':
      return placeName(layout, node.field === 'c' ? fields.lo & 0xffff : fields[node.field]);
    case 'constant':
      return node.type === 'i64' || node.type === 'f64' ? bits64(fields) : String(fields.lo);
    case 'exact':
      return bits64({ ...fields, lo: node.lo, hi: node.hi });
    case 'operation': {
      const operands = node.operands.map((operand) => treeText(operand, fields, layout));
      return operands.length === 0 ? node.op.name : `${node.op.name}(${operands.join(', ')})`;
    }
  }
}
