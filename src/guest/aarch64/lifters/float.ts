/** Scalar floating point. */
import { ROUNDING } from '../../../ir/vcpu-layout.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Lifters } from '../../pattern/notation.ts';
import { CONDITION } from '../flags.ts';
import { ConditionalFloatFlags, FloatFlags, type Operand } from '../float-flags.ts';
import type { floatRows } from '../rows/float.ts';
import type { LiftContext } from './context.ts';
import {
  constant,
  expandImmediate,
  format,
  fromFixedPoint,
  scalarOf,
  toFixedPoint,
  writeScalar,
  type Format,
} from './scalar-float.ts';

interface One {
  readonly sz: number;
  readonly Rd: number;
  readonly Rn: number;
}
interface Two extends One {
  readonly Rm: number;
}
type Lift<Fields> = (c: LiftContext, f: Fields) => void;

type UnaryOp = 'abs' | 'neg';
type ArithmeticOp = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'max_num' | 'min_num';

const unary =
  (value: (c: LiftContext, type: Format, a: Value) => Value): Lift<One> =>
  (c, f) =>
    writeScalar(c, f.sz, f.Rd, value(c, format(f.sz), scalarOf(c, f.sz, f.Rn)));
const sign = (name: UnaryOp): Lift<One> => unary((c, type, a) => c.op(`${type}.${name}`, a));
const round = (mode: number): Lift<One> => unary((c, type, a) => c.builder.opImm(`fp.${type}.round_rm`, mode, a));

const binary =
  (name: ArithmeticOp): Lift<Two> =>
  (c, f) =>
    writeScalar(c, f.sz, f.Rd, c.op(`fp.${format(f.sz)}.${name}`, scalarOf(c, f.sz, f.Rn), scalarOf(c, f.sz, f.Rm)));

/** ±(Rn * Rm) ± Ra rounded once. A NaN keeps the sign that negating its operand gave it. */
const fused =
  (negateProduct: boolean, negateAddend: boolean): Lift<Two & { readonly Ra: number }> =>
  (c, f) => {
    const type = format(f.sz);
    const [n, m, a] = [f.Rn, f.Rm, f.Ra].map((register) => scalarOf(c, f.sz, register)) as [Value, Value, Value];
    const negated = (value: Value, negate: boolean): Value => (negate ? c.op(`${type}.neg`, value) : value);
    writeScalar(c, f.sz, f.Rd, c.op(`fp.${type}.fma`, negated(n, negateProduct), m, negated(a, negateAddend)));
  };

type Pair = readonly [Operand, Operand];

const given =
  (value: Value): Operand =>
  () =>
    value;

/** The register as it is now. */
function operandOf(c: LiftContext, sz: number, register: number): Operand {
  const vector = c.v(register);
  return (b) => b.op(sz === 1 ? 'f64x2.low' : 'f32x4.low', vector);
}
const zero =
  (sz: number): Operand =>
  (b) =>
    sz === 1 ? b.f64Bits(0n) : b.f32Bits(0);

/** Raises what comparing raises. */
function compare(c: LiftContext, sz: number, [x, y]: Pair, signaling: boolean): FloatFlags {
  const type = format(sz);
  const name = signaling ? 'compare_signaling' : 'compare_quiet';
  return new FloatFlags(type, x, y, c.op(`fp.${type}.${name}`, x(c.builder), y(c.builder)));
}

const compareRegisters =
  (signaling: boolean): Lift<{ readonly sz: number; readonly Rn: number; readonly Rm: number }> =>
  (c, f) =>
    c.flags.set(compare(c, f.sz, [operandOf(c, f.sz, f.Rn), operandOf(c, f.sz, f.Rm)], signaling));
const compareZero =
  (signaling: boolean): Lift<{ readonly sz: number; readonly Rn: number }> =>
  (c, f) =>
    c.flags.set(compare(c, f.sz, [operandOf(c, f.sz, f.Rn), zero(f.sz)], signaling));

interface Conditional {
  readonly sz: number;
  readonly Rn: number;
  readonly Rm: number;
  readonly cond: number;
  readonly nzcv: number;
}
/** Where the condition does not hold, zeros are compared: they raise nothing. */
const compareIf =
  (signaling: boolean): Lift<Conditional> =>
  (c, f) => {
    const operands: Pair = [operandOf(c, f.sz, f.Rn), operandOf(c, f.sz, f.Rm)];
    if (f.cond >= CONDITION.AL) {
      c.flags.set(compare(c, f.sz, operands, signaling));
      return;
    }
    const condition = c.flags.test(f.cond);
    const choose = (operand: Operand): Operand =>
      given(c.op(`${format(f.sz)}.select`, operand(c.builder), zero(f.sz)(c.builder), condition));
    const compared = compare(c, f.sz, [choose(operands[0]), choose(operands[1])], signaling);
    c.flags.set(new ConditionalFloatFlags(compared, condition, f.nzcv));
  };

function select(c: LiftContext, f: Two & { readonly cond: number }): void {
  const condition = c.flags.test(f.cond);
  const [n, m] = [scalarOf(c, f.sz, f.Rn), scalarOf(c, f.sz, f.Rm)];
  writeScalar(c, f.sz, f.Rd, c.op(`${format(f.sz)}.select`, n, m, condition));
}

interface General {
  readonly sf: number;
  readonly sz: number;
  readonly Rd: number;
  readonly Rn: number;
}

function writeGeneral(c: LiftContext, sf: number, register: number, value: Value): void {
  if (sf === 1) c.setX(register, value);
  else c.setW(register, value);
}
const readGeneral = (c: LiftContext, sf: number, register: number): Value => (sf === 1 ? c.x(register) : c.w(register));

const toInteger =
  (signed: 's' | 'u', mode: number): Lift<General> =>
  (c, f) =>
    writeGeneral(c, f.sf, f.Rd, toFixedPoint(c, f.sz, f.sf, signed, mode, 0, scalarOf(c, f.sz, f.Rn)));
const fromInteger =
  (signed: 's' | 'u'): Lift<General> =>
  (c, f) =>
    writeScalar(c, f.sz, f.Rd, fromFixedPoint(c, f.sz, f.sf, signed, 0, readGeneral(c, f.sf, f.Rn)));

type Fixed = General & { readonly scale: number };
const toFixed =
  (signed: 's' | 'u'): Lift<Fixed> =>
  (c, f) => {
    const value = scalarOf(c, f.sz, f.Rn);
    writeGeneral(c, f.sf, f.Rd, toFixedPoint(c, f.sz, f.sf, signed, ROUNDING.TOWARD_ZERO, 64 - f.scale, value));
  };
const fromFixed =
  (signed: 's' | 'u'): Lift<Fixed> =>
  (c, f) =>
    writeScalar(c, f.sz, f.Rd, fromFixedPoint(c, f.sz, f.sf, signed, 64 - f.scale, readGeneral(c, f.sf, f.Rn)));

interface Registers {
  readonly Rd: number;
  readonly Rn: number;
}
const half = (c: LiftContext, register: number): Value => c.builder.opImm('i16x8.extract_lane_u', 0, c.v(register));
const demoteToHalf =
  (sz: number): Lift<Registers> =>
  (c, f) =>
    c.setV(f.Rd, c.op('v128.from_i32', c.op(`fp.f16.demote_${format(sz)}`, scalarOf(c, sz, f.Rn))));
const promoteHalf =
  (sz: number): Lift<Registers> =>
  (c, f) =>
    writeScalar(c, sz, f.Rd, c.op(`fp.${format(sz)}.promote_f16`, half(c, f.Rn)));

const { NEAREST_EVEN, TOWARD_ZERO, UP, DOWN, NEAREST_AWAY } = ROUNDING;

export const floatLifters: Lifters<typeof floatRows, LiftContext> = {
  'fmov (register)': unary((_c, _type, a) => a),
  'fabs (scalar)': sign('abs'),
  'fneg (scalar)': sign('neg'),
  'fsqrt (scalar)': unary((c, type, a) => c.op(`fp.${type}.sqrt`, a)),
  'frintn (scalar)': round(NEAREST_EVEN),
  'frintp (scalar)': round(UP),
  'frintm (scalar)': round(DOWN),
  'frintz (scalar)': round(TOWARD_ZERO),
  'frinta (scalar)': round(NEAREST_AWAY),
  'frintx (scalar)': unary((c, type, a) => c.op(`fp.${type}.round_exact`, a)),
  'frinti (scalar)': unary((c, type, a) => c.op(`fp.${type}.round`, a)),
  'fcvt (single to double)': (c, f) => writeScalar(c, 1, f.Rd, c.op('fp.f64.promote_f32', scalarOf(c, 0, f.Rn))),
  'fcvt (double to single)': (c, f) => writeScalar(c, 0, f.Rd, c.op('fp.f32.demote_f64', scalarOf(c, 1, f.Rn))),
  'fcvt (single to half)': demoteToHalf(0),
  'fcvt (double to half)': demoteToHalf(1),
  'fcvt (half to single)': promoteHalf(0),
  'fcvt (half to double)': promoteHalf(1),
  'fmul (scalar)': binary('mul'),
  'fdiv (scalar)': binary('div'),
  'fadd (scalar)': binary('add'),
  'fsub (scalar)': binary('sub'),
  'fmax (scalar)': binary('maximum'),
  'fmin (scalar)': binary('minimum'),
  'fmaxnm (scalar)': binary('max_num'),
  'fminnm (scalar)': binary('min_num'),
  fnmul: (c, f) => {
    const type = format(f.sz);
    const product = c.op(`fp.${type}.mul`, scalarOf(c, f.sz, f.Rn), scalarOf(c, f.sz, f.Rm));
    writeScalar(c, f.sz, f.Rd, c.op(`${type}.neg`, product));
  },
  fmadd: fused(false, false),
  fmsub: fused(true, false),
  fnmadd: fused(true, true),
  fnmsub: fused(false, true),
  fcmp: compareRegisters(false),
  fcmpe: compareRegisters(true),
  'fcmp (zero)': compareZero(false),
  'fcmpe (zero)': compareZero(true),
  fccmp: compareIf(false),
  fccmpe: compareIf(true),
  fcsel: select,
  'fmov (scalar, immediate)': (c, f) => writeScalar(c, f.sz, f.Rd, constant(c, f.sz, expandImmediate(f.sz, f.imm8))),
  'fcvtns (scalar, integer)': toInteger('s', NEAREST_EVEN),
  'fcvtnu (scalar, integer)': toInteger('u', NEAREST_EVEN),
  'fcvtas (scalar, integer)': toInteger('s', NEAREST_AWAY),
  'fcvtau (scalar, integer)': toInteger('u', NEAREST_AWAY),
  'fcvtps (scalar, integer)': toInteger('s', UP),
  'fcvtpu (scalar, integer)': toInteger('u', UP),
  'fcvtms (scalar, integer)': toInteger('s', DOWN),
  'fcvtmu (scalar, integer)': toInteger('u', DOWN),
  'fcvtzs (scalar, integer)': toInteger('s', TOWARD_ZERO),
  'fcvtzu (scalar, integer)': toInteger('u', TOWARD_ZERO),
  'scvtf (scalar, integer)': fromInteger('s'),
  'ucvtf (scalar, integer)': fromInteger('u'),
  'fmov (single to general)': (c, f) => c.setW(f.Rd, c.op('i32x4.low', c.v(f.Rn))),
  'fmov (general to single)': (c, f) => c.setV(f.Rd, c.op('v128.from_i32', c.w(f.Rn))),
  'fmov (double to general)': (c, f) => c.setX(f.Rd, c.op('i64x2.low', c.v(f.Rn))),
  'fmov (general to double)': (c, f) => c.setV(f.Rd, c.op('v128.from_i64', c.x(f.Rn))),
  'fmov (top half to general)': (c, f) => c.setX(f.Rd, c.builder.opImm('i64x2.extract_lane', 1, c.v(f.Rn))),
  'fmov (general to top half)': (c, f) => c.setV(f.Rd, c.builder.opImm('i64x2.replace_lane', 1, c.v(f.Rd), c.x(f.Rn))),
  'fcvtzs (scalar, fixed-point)': toFixed('s'),
  'fcvtzu (scalar, fixed-point)': toFixed('u'),
  'scvtf (scalar, fixed-point)': fromFixed('s'),
  'ucvtf (scalar, fixed-point)': fromFixed('u'),
};
