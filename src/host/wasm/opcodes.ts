/**
 * The instructions of WebAssembly: core 2.0 with SIMD, relaxed SIMD, threads, tail calls. One row is a run of
 * instructions with consecutive opcodes and one stack signature; the comments give the section of the specification's
 * binary format (5.4) or the proposal. `instructions` gives the table by name.
 */
import { assert, defined } from '../../common/assert.ts';
import { isValueType, type ValueType } from '../../ir/types.ts';

/** Kinds of immediate operands, in encoding order. */
export type ImmediateKind =
  | 'block'
  | 'label'
  | 'labels'
  | 'function'
  | 'type'
  | 'local'
  | 'global'
  | 'table'
  | 'element'
  | 'data'
  | 'memory'
  | 'types'
  | 'heaptype'
  | 'memarg'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128'
  | 'lanes'
  | 'lane'
  /** a byte that must be zero */
  | 'zero';

/** What the stack holds: a value, or a reference (tables only). */
export type StackType = ValueType | 'ref';

export interface Instruction {
  readonly name: InstructionName;
  /** 0 for one-byte opcodes, else the prefix byte that precedes the LEB128 opcode. */
  readonly prefix: 0 | 0xfc | 0xfd | 0xfe;
  readonly code: number;
  readonly immediates: readonly ImmediateKind[];
  /** Null where the signature depends on immediates or on the stack. */
  readonly params: readonly StackType[] | null;
  readonly results: readonly StackType[] | null;
  /** Bytes accessed by an instruction with a memory argument, else 0. */
  readonly access: number;
}

/** `[first opcode, signature, names, immediates, access in bytes]`; a `-` among the names skips an opcode. */
type Row = readonly [number, string, string, string?, number?];

const core = [
  // 5.4.1 control
  [0x00, '?', 'unreachable'],
  [0x01, '->', 'nop'],
  [0x02, '?', 'block loop if', 'block'],
  [0x05, '?', 'else'],
  [0x0b, '?', 'end'],
  [0x0c, '?', 'br br_if', 'label'],
  [0x0e, '?', 'br_table', 'labels'],
  [0x0f, '?', 'return'],
  [0x10, '?', 'call', 'function'],
  [0x11, '?', 'call_indirect', 'type table'],
  [0x12, '?', 'return_call', 'function'],
  [0x13, '?', 'return_call_indirect', 'type table'],
  // 5.4.2 references, 5.4.3 parametric
  [0x1a, '?', 'drop select'],
  [0x1c, '?', 'select_typed', 'types'],
  [0xd0, '-> ref', 'ref.null', 'heaptype'],
  [0xd1, 'ref -> i32', 'ref.is_null'],
  [0xd2, '-> ref', 'ref.func', 'function'],
  // 5.4.4 variables, 5.4.5 tables
  [0x20, '?', 'local.get local.set local.tee', 'local'],
  [0x23, '?', 'global.get global.set', 'global'],
  [0x25, 'i32 -> ref', 'table.get', 'table'],
  [0x26, 'i32 ref ->', 'table.set', 'table'],
  // 5.4.6 memory
  [0x28, 'i32 -> i32', 'i32.load', 'memarg', 4],
  [0x29, 'i32 -> i64', 'i64.load', 'memarg', 8],
  [0x2a, 'i32 -> f32', 'f32.load', 'memarg', 4],
  [0x2b, 'i32 -> f64', 'f64.load', 'memarg', 8],
  [0x2c, 'i32 -> i32', 'i32.load8_s i32.load8_u', 'memarg', 1],
  [0x2e, 'i32 -> i32', 'i32.load16_s i32.load16_u', 'memarg', 2],
  [0x30, 'i32 -> i64', 'i64.load8_s i64.load8_u', 'memarg', 1],
  [0x32, 'i32 -> i64', 'i64.load16_s i64.load16_u', 'memarg', 2],
  [0x34, 'i32 -> i64', 'i64.load32_s i64.load32_u', 'memarg', 4],
  [0x36, 'i32 i32 ->', 'i32.store', 'memarg', 4],
  [0x37, 'i32 i64 ->', 'i64.store', 'memarg', 8],
  [0x38, 'i32 f32 ->', 'f32.store', 'memarg', 4],
  [0x39, 'i32 f64 ->', 'f64.store', 'memarg', 8],
  [0x3a, 'i32 i32 ->', 'i32.store8', 'memarg', 1],
  [0x3b, 'i32 i32 ->', 'i32.store16', 'memarg', 2],
  [0x3c, 'i32 i64 ->', 'i64.store8', 'memarg', 1],
  [0x3d, 'i32 i64 ->', 'i64.store16', 'memarg', 2],
  [0x3e, 'i32 i64 ->', 'i64.store32', 'memarg', 4],
  [0x3f, '-> i32', 'memory.size', 'memory'],
  [0x40, 'i32 -> i32', 'memory.grow', 'memory'],
  // 5.4.7 numeric
  [0x41, '-> i32', 'i32.const', 'i32'],
  [0x42, '-> i64', 'i64.const', 'i64'],
  [0x43, '-> f32', 'f32.const', 'f32'],
  [0x44, '-> f64', 'f64.const', 'f64'],
  [0x45, 'i32 -> i32', 'i32.eqz'],
  [0x46, 'i32 i32 -> i32', 'i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u'],
  [0x50, 'i64 -> i32', 'i64.eqz'],
  [0x51, 'i64 i64 -> i32', 'i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u'],
  [0x5b, 'f32 f32 -> i32', 'f32.eq f32.ne f32.lt f32.gt f32.le f32.ge'],
  [0x61, 'f64 f64 -> i32', 'f64.eq f64.ne f64.lt f64.gt f64.le f64.ge'],
  [0x67, 'i32 -> i32', 'i32.clz i32.ctz i32.popcnt'],
  [0x6a, 'i32 i32 -> i32', 'i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u'],
  [0x71, 'i32 i32 -> i32', 'i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr'],
  [0x79, 'i64 -> i64', 'i64.clz i64.ctz i64.popcnt'],
  [0x7c, 'i64 i64 -> i64', 'i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u'],
  [0x83, 'i64 i64 -> i64', 'i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr'],
  [0x8b, 'f32 -> f32', 'f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt'],
  [0x92, 'f32 f32 -> f32', 'f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign'],
  [0x99, 'f64 -> f64', 'f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt'],
  [0xa0, 'f64 f64 -> f64', 'f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign'],
  [0xa7, 'i64 -> i32', 'i32.wrap_i64'],
  [0xa8, 'f32 -> i32', 'i32.trunc_f32_s i32.trunc_f32_u'],
  [0xaa, 'f64 -> i32', 'i32.trunc_f64_s i32.trunc_f64_u'],
  [0xac, 'i32 -> i64', 'i64.extend_i32_s i64.extend_i32_u'],
  [0xae, 'f32 -> i64', 'i64.trunc_f32_s i64.trunc_f32_u'],
  [0xb0, 'f64 -> i64', 'i64.trunc_f64_s i64.trunc_f64_u'],
  [0xb2, 'i32 -> f32', 'f32.convert_i32_s f32.convert_i32_u'],
  [0xb4, 'i64 -> f32', 'f32.convert_i64_s f32.convert_i64_u'],
  [0xb6, 'f64 -> f32', 'f32.demote_f64'],
  [0xb7, 'i32 -> f64', 'f64.convert_i32_s f64.convert_i32_u'],
  [0xb9, 'i64 -> f64', 'f64.convert_i64_s f64.convert_i64_u'],
  [0xbb, 'f32 -> f64', 'f64.promote_f32'],
  [0xbc, 'f32 -> i32', 'i32.reinterpret_f32'],
  [0xbd, 'f64 -> i64', 'i64.reinterpret_f64'],
  [0xbe, 'i32 -> f32', 'f32.reinterpret_i32'],
  [0xbf, 'i64 -> f64', 'f64.reinterpret_i64'],
  [0xc0, 'i32 -> i32', 'i32.extend8_s i32.extend16_s'],
  [0xc2, 'i64 -> i64', 'i64.extend8_s i64.extend16_s i64.extend32_s'],
] as const satisfies readonly Row[];

/** Prefix 0xfc: saturating truncation and bulk memory. */
const miscellaneous = [
  [0, 'f32 -> i32', 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u'],
  [2, 'f64 -> i32', 'i32.trunc_sat_f64_s i32.trunc_sat_f64_u'],
  [4, 'f32 -> i64', 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u'],
  [6, 'f64 -> i64', 'i64.trunc_sat_f64_s i64.trunc_sat_f64_u'],
  [8, 'i32 i32 i32 ->', 'memory.init', 'data memory'],
  [9, '->', 'data.drop', 'data'],
  [10, 'i32 i32 i32 ->', 'memory.copy', 'memory memory'],
  [11, 'i32 i32 i32 ->', 'memory.fill', 'memory'],
  [12, 'i32 i32 i32 ->', 'table.init', 'element table'],
  [13, '->', 'elem.drop', 'element'],
  [14, 'i32 i32 i32 ->', 'table.copy', 'table table'],
  [15, 'ref i32 -> i32', 'table.grow', 'table'],
  [16, '-> i32', 'table.size', 'table'],
  [17, 'i32 ref i32 ->', 'table.fill', 'table'],
] as const satisfies readonly Row[];

const V = 'v128 -> v128';
const VV = 'v128 v128 -> v128';
const SHIFT = 'v128 i32 -> v128';
const TEST = 'v128 -> i32';

/** Prefix 0xfd: vector instructions (5.4.8), then the relaxed-SIMD proposal from 256 on. */
const vector = [
  [0, 'i32 -> v128', 'v128.load', 'memarg', 16],
  [1, 'i32 -> v128', 'v128.load8x8_s v128.load8x8_u v128.load16x4_s v128.load16x4_u', 'memarg', 8],
  [5, 'i32 -> v128', 'v128.load32x2_s v128.load32x2_u', 'memarg', 8],
  [7, 'i32 -> v128', 'v128.load8_splat', 'memarg', 1],
  [8, 'i32 -> v128', 'v128.load16_splat', 'memarg', 2],
  [9, 'i32 -> v128', 'v128.load32_splat', 'memarg', 4],
  [10, 'i32 -> v128', 'v128.load64_splat', 'memarg', 8],
  [11, 'i32 v128 ->', 'v128.store', 'memarg', 16],
  [12, '-> v128', 'v128.const', 'v128'],
  [13, VV, 'i8x16.shuffle', 'lanes'],
  [14, VV, 'i8x16.swizzle'],
  [15, 'i32 -> v128', 'i8x16.splat i16x8.splat i32x4.splat'],
  [18, 'i64 -> v128', 'i64x2.splat'],
  [19, 'f32 -> v128', 'f32x4.splat'],
  [20, 'f64 -> v128', 'f64x2.splat'],
  [21, TEST, 'i8x16.extract_lane_s i8x16.extract_lane_u', 'lane'],
  [23, SHIFT, 'i8x16.replace_lane', 'lane'],
  [24, TEST, 'i16x8.extract_lane_s i16x8.extract_lane_u', 'lane'],
  [26, SHIFT, 'i16x8.replace_lane', 'lane'],
  [27, TEST, 'i32x4.extract_lane', 'lane'],
  [28, SHIFT, 'i32x4.replace_lane', 'lane'],
  [29, 'v128 -> i64', 'i64x2.extract_lane', 'lane'],
  [30, 'v128 i64 -> v128', 'i64x2.replace_lane', 'lane'],
  [31, 'v128 -> f32', 'f32x4.extract_lane', 'lane'],
  [32, 'v128 f32 -> v128', 'f32x4.replace_lane', 'lane'],
  [33, 'v128 -> f64', 'f64x2.extract_lane', 'lane'],
  [34, 'v128 f64 -> v128', 'f64x2.replace_lane', 'lane'],
  [35, VV, 'i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u'],
  [41, VV, 'i8x16.le_s i8x16.le_u i8x16.ge_s i8x16.ge_u'],
  [45, VV, 'i16x8.eq i16x8.ne i16x8.lt_s i16x8.lt_u i16x8.gt_s i16x8.gt_u'],
  [51, VV, 'i16x8.le_s i16x8.le_u i16x8.ge_s i16x8.ge_u'],
  [55, VV, 'i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u'],
  [61, VV, 'i32x4.le_s i32x4.le_u i32x4.ge_s i32x4.ge_u'],
  [65, VV, 'f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge'],
  [71, VV, 'f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge'],
  [77, V, 'v128.not'],
  [78, VV, 'v128.and v128.andnot v128.or v128.xor'],
  [82, 'v128 v128 v128 -> v128', 'v128.bitselect'],
  [83, TEST, 'v128.any_true'],
  [84, 'i32 v128 -> v128', 'v128.load8_lane', 'memarg lane', 1],
  [85, 'i32 v128 -> v128', 'v128.load16_lane', 'memarg lane', 2],
  [86, 'i32 v128 -> v128', 'v128.load32_lane', 'memarg lane', 4],
  [87, 'i32 v128 -> v128', 'v128.load64_lane', 'memarg lane', 8],
  [88, 'i32 v128 ->', 'v128.store8_lane', 'memarg lane', 1],
  [89, 'i32 v128 ->', 'v128.store16_lane', 'memarg lane', 2],
  [90, 'i32 v128 ->', 'v128.store32_lane', 'memarg lane', 4],
  [91, 'i32 v128 ->', 'v128.store64_lane', 'memarg lane', 8],
  [92, 'i32 -> v128', 'v128.load32_zero', 'memarg', 4],
  [93, 'i32 -> v128', 'v128.load64_zero', 'memarg', 8],
  [94, V, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'],
  [96, V, 'i8x16.abs i8x16.neg i8x16.popcnt'],
  [99, TEST, 'i8x16.all_true i8x16.bitmask'],
  [101, VV, 'i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u'],
  [103, V, 'f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest'],
  [107, SHIFT, 'i8x16.shl i8x16.shr_s i8x16.shr_u'],
  [110, VV, 'i8x16.add i8x16.add_sat_s i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u'],
  [116, V, 'f64x2.ceil f64x2.floor'],
  [118, VV, 'i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u'],
  [122, V, 'f64x2.trunc'],
  [123, VV, 'i8x16.avgr_u'],
  [124, V, 'i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u'],
  [126, V, 'i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u'],
  [128, V, 'i16x8.abs i16x8.neg'],
  [130, VV, 'i16x8.q15mulr_sat_s'],
  [131, TEST, 'i16x8.all_true i16x8.bitmask'],
  [133, VV, 'i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u'],
  [135, V, 'i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s'],
  [137, V, 'i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u'],
  [139, SHIFT, 'i16x8.shl i16x8.shr_s i16x8.shr_u'],
  [142, VV, 'i16x8.add i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u'],
  [148, V, 'f64x2.nearest'],
  [149, VV, 'i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u - i16x8.avgr_u'],
  [156, VV, 'i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s'],
  [158, VV, 'i16x8.extmul_low_i8x16_u i16x8.extmul_high_i8x16_u'],
  [160, V, 'i32x4.abs i32x4.neg'],
  [163, TEST, 'i32x4.all_true i32x4.bitmask'],
  [167, V, 'i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s'],
  [169, V, 'i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u'],
  [171, SHIFT, 'i32x4.shl i32x4.shr_s i32x4.shr_u'],
  [174, VV, 'i32x4.add - - i32x4.sub - - - i32x4.mul'],
  [182, VV, 'i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s'],
  [188, VV, 'i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s'],
  [190, VV, 'i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u'],
  [192, V, 'i64x2.abs i64x2.neg'],
  [195, TEST, 'i64x2.all_true i64x2.bitmask'],
  [199, V, 'i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s'],
  [201, V, 'i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u'],
  [203, SHIFT, 'i64x2.shl i64x2.shr_s i64x2.shr_u'],
  [206, VV, 'i64x2.add - - i64x2.sub - - - i64x2.mul'],
  [214, VV, 'i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s'],
  [220, VV, 'i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s'],
  [222, VV, 'i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u'],
  [224, V, 'f32x4.abs f32x4.neg - f32x4.sqrt'],
  [228, VV, 'f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax'],
  [236, V, 'f64x2.abs f64x2.neg - f64x2.sqrt'],
  [240, VV, 'f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax'],
  [248, V, 'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u'],
  [252, V, 'i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero'],
  [254, V, 'f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u'],
  [256, VV, 'i8x16.relaxed_swizzle'],
  [257, V, 'i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u'],
  [259, V, 'i32x4.relaxed_trunc_f64x2_s_zero i32x4.relaxed_trunc_f64x2_u_zero'],
  [261, 'v128 v128 v128 -> v128', 'f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd'],
  [265, 'v128 v128 v128 -> v128', 'i8x16.relaxed_laneselect i16x8.relaxed_laneselect'],
  [267, 'v128 v128 v128 -> v128', 'i32x4.relaxed_laneselect i64x2.relaxed_laneselect'],
  [269, VV, 'f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max'],
  [273, VV, 'i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s'],
  [275, 'v128 v128 v128 -> v128', 'i32x4.relaxed_dot_i8x16_i7x16_add_s'],
] as const satisfies readonly Row[];

const I32 = 'i32 i32 -> i32';
const I64 = 'i32 i64 -> i64';

/** Prefix 0xfe: the threads proposal. */
const atomic = [
  [0x00, 'i32 i32 -> i32', 'memory.atomic.notify', 'memarg', 4],
  [0x01, 'i32 i32 i64 -> i32', 'memory.atomic.wait32', 'memarg', 4],
  [0x02, 'i32 i64 i64 -> i32', 'memory.atomic.wait64', 'memarg', 8],
  [0x03, '->', 'atomic.fence', 'zero'],
  [0x10, 'i32 -> i32', 'i32.atomic.load', 'memarg', 4],
  [0x11, 'i32 -> i64', 'i64.atomic.load', 'memarg', 8],
  [0x12, 'i32 -> i32', 'i32.atomic.load8_u', 'memarg', 1],
  [0x13, 'i32 -> i32', 'i32.atomic.load16_u', 'memarg', 2],
  [0x14, 'i32 -> i64', 'i64.atomic.load8_u', 'memarg', 1],
  [0x15, 'i32 -> i64', 'i64.atomic.load16_u', 'memarg', 2],
  [0x16, 'i32 -> i64', 'i64.atomic.load32_u', 'memarg', 4],
  [0x17, 'i32 i32 ->', 'i32.atomic.store', 'memarg', 4],
  [0x18, 'i32 i64 ->', 'i64.atomic.store', 'memarg', 8],
  [0x19, 'i32 i32 ->', 'i32.atomic.store8', 'memarg', 1],
  [0x1a, 'i32 i32 ->', 'i32.atomic.store16', 'memarg', 2],
  [0x1b, 'i32 i64 ->', 'i64.atomic.store8', 'memarg', 1],
  [0x1c, 'i32 i64 ->', 'i64.atomic.store16', 'memarg', 2],
  [0x1d, 'i32 i64 ->', 'i64.atomic.store32', 'memarg', 4],
  [0x1e, I32, 'i32.atomic.rmw.add', 'memarg', 4],
  [0x1f, I64, 'i64.atomic.rmw.add', 'memarg', 8],
  [0x20, I32, 'i32.atomic.rmw8.add_u', 'memarg', 1],
  [0x21, I32, 'i32.atomic.rmw16.add_u', 'memarg', 2],
  [0x22, I64, 'i64.atomic.rmw8.add_u', 'memarg', 1],
  [0x23, I64, 'i64.atomic.rmw16.add_u', 'memarg', 2],
  [0x24, I64, 'i64.atomic.rmw32.add_u', 'memarg', 4],
  [0x25, I32, 'i32.atomic.rmw.sub', 'memarg', 4],
  [0x26, I64, 'i64.atomic.rmw.sub', 'memarg', 8],
  [0x27, I32, 'i32.atomic.rmw8.sub_u', 'memarg', 1],
  [0x28, I32, 'i32.atomic.rmw16.sub_u', 'memarg', 2],
  [0x29, I64, 'i64.atomic.rmw8.sub_u', 'memarg', 1],
  [0x2a, I64, 'i64.atomic.rmw16.sub_u', 'memarg', 2],
  [0x2b, I64, 'i64.atomic.rmw32.sub_u', 'memarg', 4],
  [0x2c, I32, 'i32.atomic.rmw.and', 'memarg', 4],
  [0x2d, I64, 'i64.atomic.rmw.and', 'memarg', 8],
  [0x2e, I32, 'i32.atomic.rmw8.and_u', 'memarg', 1],
  [0x2f, I32, 'i32.atomic.rmw16.and_u', 'memarg', 2],
  [0x30, I64, 'i64.atomic.rmw8.and_u', 'memarg', 1],
  [0x31, I64, 'i64.atomic.rmw16.and_u', 'memarg', 2],
  [0x32, I64, 'i64.atomic.rmw32.and_u', 'memarg', 4],
  [0x33, I32, 'i32.atomic.rmw.or', 'memarg', 4],
  [0x34, I64, 'i64.atomic.rmw.or', 'memarg', 8],
  [0x35, I32, 'i32.atomic.rmw8.or_u', 'memarg', 1],
  [0x36, I32, 'i32.atomic.rmw16.or_u', 'memarg', 2],
  [0x37, I64, 'i64.atomic.rmw8.or_u', 'memarg', 1],
  [0x38, I64, 'i64.atomic.rmw16.or_u', 'memarg', 2],
  [0x39, I64, 'i64.atomic.rmw32.or_u', 'memarg', 4],
  [0x3a, I32, 'i32.atomic.rmw.xor', 'memarg', 4],
  [0x3b, I64, 'i64.atomic.rmw.xor', 'memarg', 8],
  [0x3c, I32, 'i32.atomic.rmw8.xor_u', 'memarg', 1],
  [0x3d, I32, 'i32.atomic.rmw16.xor_u', 'memarg', 2],
  [0x3e, I64, 'i64.atomic.rmw8.xor_u', 'memarg', 1],
  [0x3f, I64, 'i64.atomic.rmw16.xor_u', 'memarg', 2],
  [0x40, I64, 'i64.atomic.rmw32.xor_u', 'memarg', 4],
  [0x41, I32, 'i32.atomic.rmw.xchg', 'memarg', 4],
  [0x42, I64, 'i64.atomic.rmw.xchg', 'memarg', 8],
  [0x43, I32, 'i32.atomic.rmw8.xchg_u', 'memarg', 1],
  [0x44, I32, 'i32.atomic.rmw16.xchg_u', 'memarg', 2],
  [0x45, I64, 'i64.atomic.rmw8.xchg_u', 'memarg', 1],
  [0x46, I64, 'i64.atomic.rmw16.xchg_u', 'memarg', 2],
  [0x47, I64, 'i64.atomic.rmw32.xchg_u', 'memarg', 4],
  [0x48, 'i32 i32 i32 -> i32', 'i32.atomic.rmw.cmpxchg', 'memarg', 4],
  [0x49, 'i32 i64 i64 -> i64', 'i64.atomic.rmw.cmpxchg', 'memarg', 8],
  [0x4a, 'i32 i32 i32 -> i32', 'i32.atomic.rmw8.cmpxchg_u', 'memarg', 1],
  [0x4b, 'i32 i32 i32 -> i32', 'i32.atomic.rmw16.cmpxchg_u', 'memarg', 2],
  [0x4c, 'i32 i64 i64 -> i64', 'i64.atomic.rmw8.cmpxchg_u', 'memarg', 1],
  [0x4d, 'i32 i64 i64 -> i64', 'i64.atomic.rmw16.cmpxchg_u', 'memarg', 2],
  [0x4e, 'i32 i64 i64 -> i64', 'i64.atomic.rmw32.cmpxchg_u', 'memarg', 4],
] as const satisfies readonly Row[];

type Words<Text extends string, Found = never> = Text extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Found | Word>
  : Found | Text;
type RowName = (typeof core | typeof miscellaneous | typeof vector | typeof atomic)[number][2];
type Distribute<Text> = Text extends string ? Words<Text> : never;
/** The name of an instruction as the text format spells it (`select_typed` is `select` with a type). */
export type InstructionName = Exclude<Distribute<RowName>, '-'>;

/** WebAssembly's binary codes of the value types (5.3.1). */
export const valueTypeCode: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

let compiled: Readonly<Record<InstructionName, Instruction>> | null = null;

/** Every instruction by name. Compiled when first asked for: most runs start from a prebuilt module and emit nothing. */
export function instructions(): Readonly<Record<InstructionName, Instruction>> {
  return (compiled ??= compileTable());
}

/** The instruction called `name`, if there is one. */
export function findInstruction(name: string): Instruction | undefined {
  const all = instructions();
  return Object.hasOwn(all, name) ? all[name as InstructionName] : undefined;
}

function compileTable(): Record<InstructionName, Instruction> {
  const table: Partial<Record<InstructionName, Instruction>> = {};
  const groups = [
    [0, core],
    [0xfc, miscellaneous],
    [0xfd, vector],
    [0xfe, atomic],
  ] as const;
  for (const [prefix, rows] of groups) for (const row of rows as readonly Row[]) addRow(table, prefix, row);
  return table as Record<InstructionName, Instruction>;
}

function addRow(table: Partial<Record<InstructionName, Instruction>>, prefix: Instruction['prefix'], row: Row): void {
  const [first, signature, names, immediates = '', access = 0] = row;
  const [params, results] = signature === '?' ? [null, null] : stackTypes(signature);
  let code = first;
  for (const name of names.split(' ') as (InstructionName | '-')[]) {
    if (name !== '-') {
      assert(table[name] === undefined, `instruction ${name} has two rows`);
      const kinds = words(immediates) as ImmediateKind[];
      table[name] = { name, prefix, code, immediates: kinds, params, results, access };
    }
    code++;
  }
}

function stackTypes(signature: string): [StackType[], StackType[]] {
  const [params, results] = signature.split('->');
  const parse = (text: string | undefined): StackType[] =>
    words(defined(text, `signature ${signature} has no arrow`)).map((word) => {
      assert(word === 'ref' || isValueType(word), `${word} is no stack type`);
      return word;
    });
  return [parse(params), parse(results)];
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
