/**
 * The micro-op set of tier 0. A micro-op takes 16 bytes:
 *
 *   byte   0 u16 code    2 u16 dst    4 u16 a    6 u16 b    8 i64 constant
 *                                                           8 u16 c, 12 i32 displacement or index
 *                                                           8 u32 taken, 12 u32 fallthrough (branch: host offsets)
 *
 * dst, a, b, c are offsets in the vCPU block. Terminators hold the block's count of guest instructions in dst.
 * Codes: hot kinds first (inline in the main loop), then the fused sequences, then the cold kinds.
 */
import { assert, defined } from '../../common/assert.ts';
import type { Op } from '../../ir/op.ts';
import { opList } from '../../ir/ops.ts';
import type { ValueType } from '../../ir/types.ts';
import { parsePattern, type Pattern } from './pattern.ts';

export const MICRO_OP_SIZE = 16;

/** Guest pc that the `link` at index `word` of `words` wants: its low half @8, the rest in dst. */
export function linkTarget(words: Int32Array, word: number): number {
  return ((words[word + 2] ?? 0) >>> 0) + ((words[word] ?? 0) >>> 16) * 0x100000000;
}

/** Whether the `jump` at index `word` is a call: it says so in field a. */
export function isCallingJump(words: Int32Array, word: number): boolean {
  return ((words[word + 1] ?? 0) & 0xffff) === 1;
}

/** Micro-ops without a pattern: copies, constants and the terminators that carry no expression. */
export const structuralKinds = [
  'copy4',
  'copy8',
  'copy16',
  'const4',
  'const8',
  /** three neighbouring values: 8 bytes from a, 8 from b, the i32 @8 */
  'copy8_copy8_const4',
  /** the same with the i32 @8, sign-extended, as the second value; the third is @12 */
  'copy8_const8_const4',
  /** continue at the micro-op at host offset @8 */
  'jump',
  /** leave: the guest code at pc @8 (u32) is not linked yet; @12 is the micro-op to patch, or 0 */
  'link',
  /** leave: system call; next pc @8 */
  'syscall',
  /** leave: trap with code @8, detail @12 */
  'trap',
  /** leave: re-read the mode, next pc @8; @12 not 0 drops all code */
  'resync',
  /** decrement the i32 @8; below 0, leave: the code that follows is hot */
  'count',
  /** leave: a compiled region starts at this block */
  'enter',
] as const;
export type StructuralKind = (typeof structuralKinds)[number];

/** What is known of a micro-op before it has a code. */
interface KindSource {
  readonly name: string;
  /** The pattern as text; null for structural kinds. */
  readonly text: string | null;
  readonly lane: number;
}

export class MicroOpKind {
  readonly name: string;
  readonly code: number;
  /** The pattern as text; null for structural kinds. */
  readonly text: string | null;
  /** Lane of a lane instruction; each lane is a kind of its own because WebAssembly wants it as an immediate. */
  readonly lane: number;
  #pattern: Pattern | null = null;

  constructor({ name, text, lane }: KindSource, code: number) {
    this.name = name;
    this.code = code;
    this.text = text;
    this.lane = lane;
  }

  /** Null for structural kinds. Parsed when first asked for: a program uses a small part of the set. */
  get pattern(): Pattern | null {
    return this.text === null ? null : (this.#pattern ??= parsePattern(this.text));
  }

  /** Type of the value stored at dst, null when there is none. */
  get result(): ValueType | null {
    const pattern = this.pattern;
    return pattern?.root === 'value' && pattern.tree.kind === 'operation' ? pattern.tree.op.result : null;
  }
}

const BINARY = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u'];
const COMPARE = ['eq', 'ne', 'lt_s', 'lt_u', 'ge_s', 'ge_u', 'gt_s', 'gt_u', 'le_s', 'le_u'];
const BRANCHES = ['eq', 'ne', 'lt_s', 'lt_u', 'ge_s', 'ge_u'];

/** Scalar arithmetic on lane 0 of vector registers, which clears the other lanes; comparisons and what they raise. */
function scalarsInVectors(type: 'f32' | 'f64', shape: 'f32x4' | 'f64x2'): string[] {
  const lane = `${shape}.low(r)`;
  const result = (value: string): string => `v128.from_${type}(${value})`;
  const integer = type === 'f64' ? 'i64' : 'i32';
  return [
    ...['add', 'sub', 'mul', 'div'].map((name) => result(`fp.${type}.${name}(${lane},${lane})`)),
    result(`fp.${type}.fma(${lane},${lane},${lane})`),
    result(`fp.${type}.fma(${type}.neg(${lane}),${lane},${lane})`),
    result(`fp.${type}.sqrt(${lane})`),
    ...['i32_s', `${integer}_s`].map((from) => result(`fp.${type}.from_${from}(r)`)),
    result(`${type}.neg(${lane})`),
    result(lane),
    `i64.extend_i32_u(fp.i32_s.fixed_${type}(${lane}))`,
    ...[lane, 'r'].flatMap((second) => [
      ...['quiet', 'signaling'].map((name) => `i32.or(fp.${type}.compare_${name}(${lane},${second}),i)`),
      ...['eq', 'ne', 'lt', 'le', 'gt', 'ge'].map((name) => `branch(fp.${type}.holds_${name}(${lane},${second}))`),
      ...['lt', 'le', 'gt', 'ge'].map((name) => `branch(i32.eqz(fp.${type}.holds_${name}(${lane},${second})))`),
    ]),
  ];
}

/** Kinds that sit in the main loop; all terminators must. Everything else is complete but runs through a call. */
const hotPatterns: readonly string[] = [
  ...BINARY.flatMap((name) => [`i64.${name}(r,r)`, `i64.${name}(r,i)`]),
  ...['add', 'sub'].flatMap((name) => [
    `i64.extend32_s(i64.${name}(r,r))`,
    ...(name === 'add' ? [`i64.extend32_s(i64.${name}(r,i))`] : []),
  ]),
  'i64.extend32_s(i64.mul(r,r))',
  'i64.extend32_s(r)',
  'i64.extend16_s(r)',
  'i64.extend8_s(r)',
  'i64.extend_i32_s(i32.add(r,r))',
  'i64.extend_i32_s(i32.add(r,i))',
  'i64.extend_i32_s(i32.sub(r,r))',
  'i64.extend_i32_s(i32.mul(r,r))',
  ...['shl', 'shr_s', 'shr_u'].flatMap((name) => [
    `i64.extend_i32_s(i32.${name}(r,r))`,
    `i64.extend_i32_s(i32.${name}(r,i))`,
  ]),
  ...['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u'].map(
    (name) => `i64.extend_i32_u(i32.${name}(r,r))`,
  ),
  ...['add', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u', 'rotr'].map((name) => `i64.extend_i32_u(i32.${name}(r,i))`),
  ...['i32', 'i64'].flatMap((type) => BRANCHES.map((name) => `${type}.${name}(r,r)`)),
  'i64.select(r,r,r)',
  'i64.extend_i32_u(i32.select(r,r,r))',
  'i64.extend_i32_s(i32.rem_s_total(r,r))',
  'i64.extend_i32_s(i32.rem_u_total(r,r))',
  'i64.extend_i32_s(i32.div_s_or(r,r,i))',
  'i64.extend_i32_s(i32.div_u_or(r,r,i))',
  'i64.rem_s_total(r,r)',
  'i64.rem_u_total(r,r)',
  'i64.div_s_or(r,r,i)',
  'i64.div_u_or(r,r,i)',
  'i64.mulh_u(r,r)',
  'i64.extend_i32_s(r)',
  'i64.extend_i32_u(r)',
  ...['lt_s', 'lt_u'].flatMap((name) => [`i64.extend_i32_u(i64.${name}(r,r))`, `i64.extend_i32_u(i64.${name}(r,i))`]),
  'i64.extend_i32_u(i64.eqz(r))',
  'i64.extend_i32_u(i64.ne(r,#0))',
  'i64.add(i64.shl(r,#1),r)',
  'i64.add(i64.shl(r,#2),r)',
  'i64.add(i64.shl(r,#3),r)',
  'i64.and(r,#4294967295)',
  'i64.and(r,#255)',
  'i64.and(i64.xor(r,#-1),r)',
  'i64.and(r,i64.xor(r,#-1))',
  'i64.rotl(r,r)',
  'i64.rotr(r,r)',
  'i64.load8_u(r)',
  'i64.load8_s(r)',
  'i64.load16_u(r)',
  'i64.load16_s(r)',
  'i64.load32_u(r)',
  'i64.load32_s(r)',
  'i64.load(r)',
  'f64.load(r)',
  'i64.or(i64.load32_u(r),#-4294967296)',
  'i64.store8(r,r)',
  'i64.store16(r,r)',
  'i64.store32(r,r)',
  'i64.store(r,r)',
  'f64.store(r,r)',
  'fp.f64.add(r,r)',
  'fp.f64.sub(r,r)',
  'fp.f64.mul(r,r)',
  'fp.f64.div(r,r)',
  'fp.f64.fma(r,r,r)',
  ...['add', 'sub', 'mul', 'div'].map((name) => `f64.box_f32(fp.f32.${name}(f32.unbox_f64(r),f32.unbox_f64(r)))`),
  'f64.box_f32(fp.f32.fma(f32.unbox_f64(r),f32.unbox_f64(r),f32.unbox_f64(r)))',
  'fp.f64.fma(f64.neg(r),r,r)',
  'fp.f64.fma(r,r,f64.neg(r))',
  'fp.f64.sqrt(r)',
  'fp.f64.promote_f32(f32.unbox_f64(r))',
  'f64.box_f32(fp.f32.demote_f64(r))',
  'fp.f64.from_i32_s(r)',
  'fp.f64.from_i64_s(r)',
  'i64.extend_i32_s(fp.i32_s.from_f64_rm(r))',
  'fp.i64_s.from_f64_rm(r)',
  'f64.neg(r)',
  'f64.abs(r)',
  'f64.copysign(r,r)',
  'i64.extend_i32_u(fp.f64.lt(r,r))',
  'i64.extend_i32_u(fp.f64.le(r,r))',
  'i64.extend_i32_u(fp.f64.eq(r,r))',
  ...scalarsInVectors('f64', 'f64x2'),
  ...scalarsInVectors('f32', 'f32x4'),
  'v128.load(r)',
  'v128.load64_zero(r)',
  'v128.load32_zero(r)',
  'v128.store(r,r)',
  'i64.store(r,i64x2.low(r))',
  'i64.store32(r,i64x2.low(r))',
  ...['and', 'or', 'xor'].map((name) => `v128.${name}(r,r)`),
  ...['i8x16', 'i16x8', 'i32x4', 'i64x2'].flatMap((shape) => [`${shape}.add(r,r)`, `${shape}.sub(r,r)`]),
  ...['f32x4', 'f64x2'].flatMap((shape) =>
    ['add(r,r)', 'sub(r,r)', 'mul(r,r)', 'fma(r,r,r)'].map((name) => `lanes.${shape}.${name}`),
  ),
  ...BRANCHES.map((name) => `branch(i64.${name}(r,r))`),
  'branch(r)',
  'indirect(r)',
  'indirect(i64.and(r,#-2))',
  'indirect(i64.and(i64.add(r,i),#-2))',
  ...BRANCHES.map((name) => `branch(i32.${name}(r,r))`),
  'trap_if(r)',
];

/** Words zero-extended into 64-bit registers, and comparisons with constants: what guests with 32-bit operations make. */
const wordPatterns: readonly string[] = [
  ...BINARY.flatMap((name) => [`i64.extend_i32_u(i32.${name}(r,r))`, `i64.extend_i32_u(i32.${name}(r,i))`]),
  'i64.extend_i32_u(i32.rotl(r,i))',
  'i64.extend_i32_u(i32.rotr(r,i))',
  'i64.extend_i32_u(i32.load(r))',
  'i64.extend_i32_u(i32.load16_u(r))',
  'i64.extend_i32_u(i32.load8_u(r))',
  'i32.load(r)',
  'i32.load8_u(r)',
  'i32.store(r,r)',
  'i32.store8(r,r)',
  'i32.and(r,i)',
  // Carry, overflow and carries into each bit, for guests that keep flags.
  'i32.lt_u(r,r)',
  'i64.lt_u(r,r)',
  'i64.add_overflow(r,r,r)',
  'i64.sub_overflow(r,r,r)',
  'i32.xor(i32.xor(r,r),r)',
  'i64.add(r,i64.shl(r,#1))',
  'i64.add(r,i64.shl(r,#2))',
  'i64.add(r,i64.shl(r,#3))',
  ...['i32', 'i64'].flatMap((type) => [
    ...['le_s', 'le_u', 'gt_s', 'gt_u'].map((name) => `branch(${type}.${name}(r,r))`),
    `branch(${type}.eqz(r))`,
  ]),
];

/** Trees worth one call instead of several, outside the main loop. */
const coldPatterns: readonly string[] = [...COMPARE.flatMap((name) => [`i64.extend_i32_u(i64.${name}(r,r))`])];

function genericPatterns(op: Op): string[] {
  if (op.immediate === 'shuffle') return [];
  const registers = op.params.map(() => 'r');
  const patterns = [registers.length === 0 ? op.name : `${op.name}(${registers.join(',')})`];
  const last = op.params.at(-1);
  const isMemory = op.effect === 'load' || op.effect === 'store' || op.effect === 'atomic';
  if (op.params.length === 2 && (last === 'i32' || last === 'i64') && !isMemory && op.immediate === undefined)
    patterns.push(`${op.name}(r,i)`);
  return patterns;
}

function laneCount(op: Op): number {
  const lanes = /^[if](?:8|16|32|64)x(\d+)\./.exec(op.name)?.[1];
  if (lanes !== undefined) return Number(lanes);
  const bits = /(\d+)_lane$/.exec(op.name)?.[1];
  return 128 / Number(defined(bits, `${op.name} has lanes`));
}

/** The whole set, built once from the operation table. */
export class MicroOpSet {
  readonly kinds: readonly MicroOpKind[];
  /** Number of kinds that sit in the main loop; codes [0, hotCount). */
  readonly hotCount: number;
  /** Fused sequences as lists of kinds; codes from `hotCount`. */
  readonly fused: readonly (readonly MicroOpKind[])[];
  readonly #byName: ReadonlyMap<string, MicroOpKind>;
  readonly #byCode: ReadonlyMap<number, MicroOpKind>;

  constructor(fusedSequences: readonly (readonly string[])[]) {
    const names = new Set<string>();
    const hot: KindSource[] = [];
    const cold: KindSource[] = [];
    const add = (list: KindSource[], kind: KindSource): void => {
      if (names.has(kind.name)) return;
      names.add(kind.name);
      list.push(kind);
    };
    for (const name of structuralKinds) add(hot, { name, text: null, lane: 0 });
    for (const text of [...hotPatterns, ...wordPatterns]) add(hot, { name: text, text, lane: 0 });
    for (const text of coldPatterns) add(cold, { name: text, text, lane: 0 });
    for (const op of opList) {
      for (const text of genericPatterns(op)) {
        if (op.immediate === 'lane')
          for (let lane = 0; lane < laneCount(op); lane++) add(cold, { name: `${text}[${String(lane)}]`, text, lane });
        else add(cold, { name: text, text, lane: 0 });
      }
    }
    this.hotCount = hot.length;
    const firstCold = hot.length + fusedSequences.length;
    this.kinds = [
      ...hot.map((kind, index) => new MicroOpKind(kind, index)),
      ...cold.map((kind, index) => new MicroOpKind(kind, firstCold + index)),
    ];
    this.#byName = new Map(this.kinds.map((kind) => [kind.name, kind]));
    this.#byCode = new Map(this.kinds.map((kind) => [kind.code, kind]));
    this.fused = fusedSequences.map((sequence) => sequence.map((name) => this.kind(name)));
    for (const sequence of this.fused)
      assert(
        sequence.every((kind) => kind.code < this.hotCount),
        'only hot micro-ops are fused',
      );
  }

  kind(name: string): MicroOpKind {
    return defined(this.#byName.get(name), `no micro-op is called ${name}`);
  }

  /** The kind with a code; the code of a fused sequence gives the kind of its first micro-op. */
  byCode(code: number): MicroOpKind {
    const sequence = this.fused[code - this.hotCount];
    return defined(sequence?.[0] ?? this.#byCode.get(code), `no micro-op has code ${String(code)}`);
  }
}
