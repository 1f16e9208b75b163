/**
 * Vector arithmetic under the environment: the native instruction where every lane is one that the scalar fast path
 * would answer, else lane by lane through the scalar function. Denormal operands are noted.
 */
import { FP_ENV } from '../fp-env.ts';
import { settledNearest } from './denormal.ts';
import {
  buildLanes,
  denormalLanes,
  finiteLanes,
  ordinaryLanes,
  orderedLanes,
  signalingLanes,
  takenLanes,
  vectorShapes,
  zeroLanes,
  type VectorShape,
} from './lanes.ts';
import { raise, templateFunction, type FloatText, type RuntimeFunction, type RuntimeFunctions } from './text.ts';

interface VectorOperation {
  readonly name: 'add' | 'sub' | 'mul' | 'div' | 'sqrt';
  readonly arity: 1 | 2;
  /** Pushes the mask of lanes whose native result in `@r` is the answer when inexact is raised. */
  readonly answers: (S: VectorShape) => string;
  /** Whether a denormal result needs a second look. */
  readonly isSum: boolean;
}

const operations: readonly VectorOperation[] = [
  { name: 'add', arity: 2, answers: (S) => finiteLanes(S, '@r'), isSum: true },
  { name: 'sub', arity: 2, answers: (S) => finiteLanes(S, '@r'), isSum: true },
  {
    name: 'mul',
    arity: 2,
    answers: (S) => `${ordinaryLanes(S, '@r')}
      ${zeroLanes(S, '$0')} ${zeroLanes(S, '$1')} v128.or ${zeroLanes(S, '@r')} v128.and v128.or`,
    isSum: false,
  },
  {
    name: 'div',
    arity: 2,
    answers: (S) => `${ordinaryLanes(S, '@r')} ${zeroLanes(S, '$0')} ${zeroLanes(S, '@r')} v128.and v128.or`,
    isSum: false,
  },
  { name: 'sqrt', arity: 1, answers: (S) => finiteLanes(S, '@r'), isSum: false },
];

const operandsOf = (arity: number): string[] => Array.from({ length: arity }, (_, index) => `$${String(index)}`);

/** Calls a scalar function for each lane. */
function byLane(S: VectorShape, arity: number, call: string): string {
  return buildLanes(S, (lane) => {
    const values = operandsOf(arity).map((operand) => `${operand} ${S.shape}.extract_lane ${String(lane)}`);
    return `${values.join(' ')} $${String(arity)} ${call}`;
  });
}

function arithmetic(S: VectorShape, { name, arity, answers, isSum }: VectorOperation): [string, RuntimeFunction] {
  const names = operandsOf(arity);
  const looked = isSum ? [...names, '@r'] : names;
  const denormal = looked.map((value, index) => `${denormalLanes(S, value)} ${index === 0 ? '' : 'v128.or'}`).join(' ');
  const vcpu = `$${String(arity)}`;
  const body = `${settledNearest(vcpu)} if
      ${names.join(' ')} ${S.shape}.${name} =r:v128
      ${answers(S)} ${S.bits}.all_true ${denormal} v128.any_true i32.eqz i32.and if @r return end
    end
    ${byLane(S, arity, `call:fp.${S.F.type}.${name}_dn`)}`;
  const params = [...names.map(() => 'v128' as const), 'i32' as const];
  return templateFunction(`fp.${S.shape}.${name}`, params, 'v128', `${name} of each lane, with flags`, body);
}

function fused(S: VectorShape): [string, RuntimeFunction] {
  const params = ['v128', 'v128', 'v128', 'i32'] as const;
  const body = byLane(S, 3, `call:fp.${S.F.type}.fma_dn`);
  return templateFunction(`fp.${S.shape}.fma`, params, 'v128', 'a * b + c of each lane, rounded once', body);
}

/** Text that notes denormal lanes of the operands where none of them is a NaN. */
function noteLanes(S: VectorShape, names: readonly string[], vcpu: string): string {
  const denormal = names.map((value, index) => `${denormalLanes(S, value)} ${index === 0 ? '' : 'v128.or'}`).join(' ');
  const ordered = names.map((value) => `${orderedLanes(S, value)} v128.and`).join(' ');
  return `${vcpu} i32.load offset=0 i32.const ${String(FP_ENV.FLUSH_INPUTS | FP_ENV.INPUT_DENORMAL)} i32.and i32.eqz if
    ${denormal} ${ordered} v128.any_true if ${raise(vcpu, FP_ENV.INPUT_DENORMAL)} end end`;
}

/** Text that raises invalid for signalling NaNs, or for all where the i32 pushed by `allNaNs` is not 0. */
function raiseUnordered(S: VectorShape, allNaNs: string, vcpu: string): string {
  return `${orderedLanes(S, '$0')} ${orderedLanes(S, '$1')} v128.and ${S.bits}.all_true i32.eqz if
    ${allNaNs} ${signalingLanes(S, '$0')} ${signalingLanes(S, '$1')} v128.or v128.any_true i32.or
    if ${raise(vcpu, FP_ENV.INVALID)} end end`;
}

/** Bits of a relation: exactly one holds of any two numbers. */
export const RELATION = { LESS: 1, EQUAL: 2, GREATER: 4, UNORDERED: 8, SIGNALING: 16 } as const;

/** Mask of the lanes whose relation is in `$2` (`RELATION` bits). */
function compare(S: VectorShape): [string, RuntimeFunction] {
  const { shape } = S;
  const part = (bit: number, mask: string): string =>
    `$2 i32.const ${String(bit)} i32.and if:v128 ${mask} else v128.const 0 0 end`;
  const body = `
    ${noteLanes(S, ['$0', '$1'], '$3')}
    ${raiseUnordered(S, `$2 i32.const ${String(RELATION.SIGNALING)} i32.and`, '$3')}
    ${takenLanes(S, 'x', '$0', '$3')} ${takenLanes(S, 'y', '$1', '$3')}
    ${part(RELATION.LESS, `@x @y ${shape}.lt`)}
    ${part(RELATION.EQUAL, `@x @y ${shape}.eq`)} v128.or
    ${part(RELATION.GREATER, `@x @y ${shape}.gt`)} v128.or
    ${part(RELATION.UNORDERED, `${orderedLanes(S, '@x')} ${orderedLanes(S, '@y')} v128.and v128.not`)} v128.or`;
  const params = ['v128', 'v128', 'i32', 'i32'] as const;
  return templateFunction(`fp.${shape}.compare`, params, 'v128', 'mask of lanes in the relations given', body);
}

/** `a < b ? a : b` and `a > b ? a : b`: WebAssembly's pseudo-minimum with its operands exchanged. */
function extremum(S: VectorShape, which: 'min' | 'max'): [string, RuntimeFunction] {
  const body = `
    ${noteLanes(S, ['$0', '$1'], '$2')}
    ${raiseUnordered(S, 'i32.const 1', '$2')}
    ${takenLanes(S, 'x', '$0', '$2')} ${takenLanes(S, 'y', '$1', '$2')}
    @y @x ${S.shape}.p${which}`;
  const params = ['v128', 'v128', 'i32'] as const;
  return templateFunction(
    `fp.${S.shape}.${which}_or_second`,
    params,
    'v128',
    `${which}, else the second operand`,
    body,
  );
}

/** The two relations of numbers, or unordered, as one `RELATION` bit; `$2` not 0: quiet NaNs are invalid too. */
function relation(F: FloatText): [string, RuntimeFunction] {
  const t = F.type;
  const slow = `$0 ${vectorShapes[t].shape}.splat $1 ${vectorShapes[t].shape}.splat`;
  const is = (bit: number, signal: string): string =>
    `${slow} ${signal} i32.const ${String(bit)} i32.or $3 call:fp.${vectorShapes[t].shape}.compare v128.any_true`;
  const bits = [RELATION.LESS, RELATION.EQUAL, RELATION.GREATER];
  const tests = bits.map((bit) => `${is(bit, '@s')} if i32.const ${String(bit)} return end`).join(' ');
  const body = `$2 i32.eqz i32.eqz i32.const 4 i32.shl =s:i32 ${tests} i32.const ${String(RELATION.UNORDERED)}`;
  return templateFunction(`fp.${t}.relation`, [t, t, 'i32', 'i32'], 'i32', 'the relation of two numbers', body);
}

export const vectorFunctions: RuntimeFunctions = Object.fromEntries(
  Object.values(vectorShapes).flatMap((S) => [
    ...operations.map((operation) => arithmetic(S, operation)),
    fused(S),
    compare(S),
    extremum(S, 'min'),
    extremum(S, 'max'),
    relation(S.F),
  ]),
);
