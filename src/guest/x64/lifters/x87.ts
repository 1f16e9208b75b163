/** x87 arithmetic, moves and comparisons. */
import type { Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import { ROUNDING } from '../../../ir/vcpu-layout.ts';
import { STATUS } from '../../../fp/extended/environment.ts';
import { X87_FULL } from '../state.ts';
import type { Operand } from '../operands.ts';
import type { LiftContext } from './context.ts';
import { defineRelationFlags } from './sse-float.ts';
import {
  checkRaised,
  emptied,
  extendedConstant,
  lowerTop,
  maskOf,
  pop,
  push,
  pushFresh,
  rotateDown,
  rotateUp,
  setStack,
  stack,
  used,
  waiting,
  type X87Lifter,
} from './x87-stack.ts';

type Operands = readonly Operand[];

function first([operand]: Operands): Operand {
  if (operand === undefined) throw new TypeError('the instruction has an operand');
  return operand;
}

/** A memory operand of an operation: flags are the operation's own. */
function widenReal(c: LiftContext, bits: number): Value {
  const T = bits === 32 ? 'f32' : 'f64';
  return c.op(`fp.f80.widen_${T}`, c.op(`${T}.load`, c.address()));
}

/** 80 bits of memory as a register that is not empty. */
function loadExtended(c: LiftContext): Value {
  const address = c.address();
  const low = c.op('v128.load64_zero', address);
  const high = c.builder.opImm('i64.load16_u', 8, address);
  return c.builder.opImm('i64x2.replace_lane', 1, low, c.op('i64.or', high, c.builder.i64Bits(X87_FULL)));
}

function storeExtended(c: LiftContext, value: Value): void {
  const address = c.address();
  c.builder.opImm('i64.store16', 8, address, c.builder.opImm('i64x2.extract_lane', 1, value));
  c.op('i64.store', address, c.builder.opImm('i64x2.extract_lane', 0, value));
}

function loadInteger(c: LiftContext, bits: number): Value {
  const address = c.address();
  if (bits === 64) return c.op('fp.f80.from_i64', c.op('i64.load', address));
  return c.op('fp.f80.from_i32', c.op(bits === 16 ? 'i32.load16_s' : 'i32.load', address));
}

type Arithmetic = 'add' | 'sub' | 'mul' | 'div';

/** `reversed`: the operand is the minuend or dividend, st(0) or the destination the other. */
function arithmetic(name: Arithmetic, reversed = false, pops = false): X87Lifter {
  const compute = (c: LiftContext, a: Value, b: Value): Value =>
    reversed ? c.op(`fp.f80.${name}`, b, a) : c.op(`fp.f80.${name}`, a, b);
  return waiting((c, operands) => {
    const operand = first(operands);
    if (operand.kind === 'memory') {
      const value = widenReal(c, operand.bits);
      finish(c, 0, compute(c, stack(c, 0), value));
      return;
    }
    const [to, from] = [operand.number, operands[1]?.number ?? 0];
    finish(c, to, compute(c, stack(c, to), stack(c, from)));
    if (pops) pop(c);
  });
}

/** Writes a result unless it traps. */
function finish(c: LiftContext, number: number, value: Value): void {
  checkRaised(c);
  setStack(c, number, value);
}

function integerArithmetic(name: Arithmetic, reversed = false): X87Lifter {
  return waiting((c, operands) => {
    const value = loadInteger(c, first(operands).bits);
    const [a, b] = reversed ? [value, stack(c, 0)] : [stack(c, 0), value];
    finish(c, 0, c.op(`fp.f80.${name}`, a, b));
  });
}

function load(c: LiftContext, operands: Operands): void {
  const operand = first(operands);
  if (operand.kind !== 'memory') push(c, stack(c, operand.number));
  else if (operand.bits === 80) push(c, loadExtended(c));
  else pushFresh(c, c.op('fp.f80.fresh_float', stack(c, 7), widenReal(c, operand.bits)));
}

function store(pops: boolean): X87Lifter {
  return waiting((c, operands) => {
    const operand = first(operands);
    if (operand.kind !== 'memory') {
      finish(c, operand.number, used(c, 0));
    } else if (operand.bits === 80) {
      const value = used(c, 0);
      checkRaised(c);
      storeExtended(c, value);
    } else {
      const T = operand.bits === 32 ? 'f32' : 'f64';
      const value = c.op(`fp.f80.to_${T}`, stack(c, 0));
      checkRaised(c);
      c.op(`${T}.store`, c.address(), value);
    }
    if (pops) pop(c);
  });
}

function storeInteger(pops: boolean, rounding: number): X87Lifter {
  return waiting((c, operands) => {
    const { bits } = first(operands);
    const name: OpName = bits === 16 ? 'fp.f80.to_i16' : bits === 32 ? 'fp.f80.to_i32' : 'fp.f80.to_i64';
    const value = c.builder.opImm(name, rounding, stack(c, 0));
    checkRaised(c);
    c.op(bits === 16 ? 'i32.store16' : bits === 32 ? 'i32.store' : 'i64.store', c.address(), value);
    if (pops) pop(c);
  });
}

/** Condition codes from a relation: C0 less, C3 equal, all three unordered. */
function setConditions(c: LiftContext, relation: Value): void {
  const unordered = c.op('i32.shr_u', relation, c.i32(3));
  const bit = (value: Value, place: number): Value =>
    c.op('i32.shl', c.op('i32.and', value, c.i32(1)), c.i32(Math.log2(place)));
  const parts = [
    bit(c.op('i32.or', relation, unordered), STATUS.C0),
    bit(unordered, STATUS.C2),
    bit(c.op('i32.or', c.op('i32.shr_u', relation, c.i32(1)), unordered), STATUS.C3),
  ];
  const kept = c.op('i32.and', c.op('fp.f80.env.get'), c.i32(~(STATUS.C0 | STATUS.C2 | STATUS.C3)));
  c.op(
    'fp.f80.env.set',
    parts.reduce((word, part) => c.op('i32.or', word, part), kept),
  );
}

function compare(source: (c: LiftContext, operands: Operands) => Value, signaling: boolean, pops = 0): X87Lifter {
  return waiting((c, operands) => {
    const relation = c.builder.opImm('fp.f80.relation', signaling ? 1 : 0, stack(c, 0), source(c, operands));
    setConditions(c, relation);
    checkRaised(c);
    for (let count = 0; count < pops; count++) pop(c);
  });
}

const realOperand = (c: LiftContext, operands: Operands): Value => {
  const [operand] = operands;
  if (operand === undefined) return stack(c, 1);
  return operand.kind === 'memory' ? widenReal(c, operand.bits) : stack(c, operand.number);
};
const integerOperand = (c: LiftContext, operands: Operands): Value => loadInteger(c, first(operands).bits);

function compareToFlags(signaling: boolean, pops: boolean): X87Lifter {
  return waiting((c, operands) => {
    const other = stack(c, operands[1]?.number ?? 0);
    const relation = c.builder.opImm('fp.f80.relation', signaling ? 1 : 0, stack(c, 0), other);
    checkRaised(c);
    defineRelationFlags(c, relation);
    if (pops) pop(c);
  });
}

function unary(compute: (c: LiftContext, value: Value) => Value): X87Lifter {
  return waiting((c) => {
    finish(c, 0, compute(c, stack(c, 0)));
  });
}

const named = (name: OpName): X87Lifter => unary((c, value) => c.op(name, value));

/** fyl2x and its kin: of st(0) and st(1), into st(1), which becomes the top. */
function intoSecond(name: OpName, exchanged = false): X87Lifter {
  return waiting((c) => {
    const [a, b] = exchanged ? [stack(c, 1), stack(c, 0)] : [stack(c, 0), stack(c, 1)];
    finish(c, 1, c.op(name, a, b));
    pop(c);
  });
}

/** Of st(0) and st(1), into st(0). */
function intoFirst(name: OpName): X87Lifter {
  return waiting((c) => {
    finish(c, 0, c.op(name, stack(c, 0), stack(c, 1)));
  });
}

const constant = (make: (c: LiftContext) => Value): X87Lifter =>
  waiting((c) => {
    push(c, make(c));
  });

const roundedConstant = (index: number): X87Lifter => constant((c) => c.builder.opImm('fp.f80.constant', index));

const one = (c: LiftContext): Value => extendedConstant(c, 1n << 63n, 0x3fff);

/** st(0) of an instruction that also pushes: a NaN on a stack fault of either kind, which is all that is raised then. */
function checkedOperand(c: LiftContext): Value {
  return c.op('fp.f80.fresh', stack(c, 7), stack(c, 0));
}

/** Replaces st(0) and pushes, unless C2 says that the operand is out of range: then nothing moves. */
function replaceAndPush(c: LiftContext, replacement: Value, pushed: Value): void {
  checkRaised(c);
  const outOfRange = c.op('i32.and', c.op('fp.f80.env.get'), c.i32(STATUS.C2));
  const mask = maskOf(c, outOfRange);
  const before = Array.from({ length: 8 }, (_, number) => stack(c, number));
  rotateDownUnless(c, outOfRange, mask, before, [pushed, replacement, ...before.slice(1, 7)]);
}

function rotateDownUnless(
  c: LiftContext,
  condition: Value,
  mask: Value,
  before: readonly Value[],
  after: readonly Value[],
): void {
  const chosen = after.map((value, number) => c.op('v128.bitselect', before[number], value, mask));
  const isMoved = c.op('i32.eqz', condition);
  for (const [number, value] of chosen.entries()) setStack(c, number, value);
  lowerTop(c, isMoved);
}

const fptan = waiting((c) => {
  const tangent = c.op('fp.f80.tangent', checkedOperand(c));
  // A NaN is pushed as well. Infinities don't come up.
  const exponent = c.op('i32.and', c.builder.opImm('i16x8.extract_lane_u', 4, tangent), c.i32(0x7fff));
  const isNaN = c.op('i32.eq', exponent, c.i32(0x7fff));
  replaceAndPush(c, tangent, c.op('v128.bitselect', tangent, one(c), maskOf(c, isNaN)));
});

const fsincos = waiting((c) => {
  const value = checkedOperand(c);
  const sine = c.op('fp.f80.sine', value);
  replaceAndPush(c, sine, c.op('fp.f80.cosine', value));
});

const fxtract = waiting((c) => {
  const value = checkedOperand(c);
  const significand = c.op('fp.f80.significand', value);
  const exponent = c.op('fp.f80.exponent', value);
  checkedOperand(c);
  checkRaised(c);
  setStack(c, 0, exponent);
  rotateDown(c, significand);
});

function conditionalMove(code: number): X87Lifter {
  return waiting((c, operands) => {
    const [to, from] = [stack(c, 0), stack(c, operands[1]?.number ?? 0)];
    finish(c, 0, c.op('fp.f80.choose', to, from, c.flags.condition(code)));
  });
}

const fxch = waiting((c, operands) => {
  const { number } = first(operands);
  const [a, b] = [used(c, 0), used(c, number)];
  checkRaised(c);
  setStack(c, 0, b);
  setStack(c, number, a);
});

const ftst = compare((c) => extendedConstant(c, 0n, 0), true);

const fbstp = waiting((c) => {
  const value = c.op('fp.f80.to_bcd', stack(c, 0));
  checkRaised(c);
  storeExtended(c, value);
  pop(c);
});

const fbld = waiting((c) => {
  push(c, c.op('fp.f80.from_bcd', loadExtended(c)));
});

function free(pops: boolean): X87Lifter {
  return waiting((c, operands) => {
    const { number } = first(operands);
    clearC1(c);
    setStack(c, number, emptied(c, stack(c, number)));
    if (pops) pop(c);
  });
}

function clearC1(c: LiftContext): void {
  c.op('fp.f80.env.set', c.op('i32.and', c.op('fp.f80.env.get'), c.i32(~STATUS.C1)));
}

const { DYNAMIC, TOWARD_ZERO } = ROUNDING;

export const x87Lifters = {
  fadd: arithmetic('add'),
  faddp: arithmetic('add', false, true),
  fiadd: integerArithmetic('add'),
  fmul: arithmetic('mul'),
  fmulp: arithmetic('mul', false, true),
  fimul: integerArithmetic('mul'),
  fsub: arithmetic('sub'),
  fsubp: arithmetic('sub', false, true),
  fisub: integerArithmetic('sub'),
  fsubr: arithmetic('sub', true),
  fsubrp: arithmetic('sub', true, true),
  fisubr: integerArithmetic('sub', true),
  fdiv: arithmetic('div'),
  fdivp: arithmetic('div', false, true),
  fidiv: integerArithmetic('div'),
  fdivr: arithmetic('div', true),
  fdivrp: arithmetic('div', true, true),
  fidivr: integerArithmetic('div', true),
  fcom: compare(realOperand, true),
  fcomp: compare(realOperand, true, 1),
  fcompp: compare(realOperand, true, 2),
  ficom: compare(integerOperand, true),
  ficomp: compare(integerOperand, true, 1),
  fucom: compare(realOperand, false),
  fucomp: compare(realOperand, false, 1),
  fucompp: compare(realOperand, false, 2),
  fcomi: compareToFlags(true, false),
  fcomip: compareToFlags(true, true),
  fucomi: compareToFlags(false, false),
  fucomip: compareToFlags(false, true),
  fld: waiting(load),
  fst: store(false),
  fstp: store(true),
  fild: waiting((c, operands) => {
    push(c, integerOperand(c, operands));
  }),
  fist: storeInteger(false, DYNAMIC),
  fistp: storeInteger(true, DYNAMIC),
  fisttp: storeInteger(true, TOWARD_ZERO),
  fbld,
  fbstp,
  fxch,
  fcmovb: conditionalMove(2),
  fcmove: conditionalMove(4),
  fcmovbe: conditionalMove(6),
  fcmovu: conditionalMove(10),
  fcmovnb: conditionalMove(3),
  fcmovne: conditionalMove(5),
  fcmovnbe: conditionalMove(7),
  fcmovnu: conditionalMove(11),
  fnop: waiting(() => undefined),
  fchs: named('fp.f80.neg'),
  fabs: named('fp.f80.abs'),
  ftst,
  fxam: waiting((c) => {
    c.op('fp.f80.examine', stack(c, 0));
  }),
  fld1: constant(one),
  fldl2t: roundedConstant(0),
  fldl2e: roundedConstant(1),
  fldpi: roundedConstant(2),
  fldlg2: roundedConstant(3),
  fldln2: roundedConstant(4),
  fldz: constant((c) => extendedConstant(c, 0n, 0)),
  f2xm1: named('fp.f80.exponential'),
  fyl2x: intoSecond('fp.f80.logarithm'),
  fyl2xp1: intoSecond('fp.f80.logarithm_plus_one'),
  fpatan: intoSecond('fp.f80.arc_tangent', true),
  fptan,
  fsincos,
  fsin: named('fp.f80.sine'),
  fcos: named('fp.f80.cosine'),
  fxtract,
  fprem: intoFirst('fp.f80.remainder'),
  fprem1: intoFirst('fp.f80.remainder_nearest'),
  fscale: intoFirst('fp.f80.scale'),
  fsqrt: named('fp.f80.sqrt'),
  frndint: named('fp.f80.round'),
  fdecstp: waiting((c) => {
    clearC1(c);
    rotateDown(c, stack(c, 7));
  }),
  fincstp: waiting((c) => {
    clearC1(c);
    rotateUp(c, stack(c, 0));
  }),
  ffree: free(false),
  ffreep: free(true),
};
