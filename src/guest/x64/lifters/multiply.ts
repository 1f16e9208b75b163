/** Multiplication, division, conversion of sizes, CRC32, ADX (SDM vol. 2). */
import { defined } from '../../../common/assert.ts';
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { FLAG, STATUS_FLAGS } from '../state.ts';
import { resultFlags } from './arithmetic.ts';
import { RAX, RDX, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';
import { one, two } from './move.ts';

type Operands = readonly Operand[];

/** CF and OF tell whether the product does not fit; the other flags are undefined, here those of its low half. */
function productFlags(c: LiftContext, width: Width, low: Value, overflows: () => Value): void {
  const zero = (): Value => c.i32(0);
  c.flags.define(STATUS_FLAGS, { ...resultFlags(c, width, low), carry: overflows, overflow: overflows, adjust: zero });
}

/** rdx:rax, of a product of two values of at most 32 bits that fills an i64; ax for bytes. */
function writeProduct(c: LiftContext, width: 8 | 16 | 32, product: Value): void {
  const low = c.op('i32.wrap_i64', product);
  if (width === 8) {
    c.writeRegister(RAX, 16, low);
    return;
  }
  const high = c.op('i32.wrap_i64', c.op('i64.shr_u', product, c.i64(width)));
  c.writeRegister(RAX, width, low);
  c.writeRegister(RDX, width, high);
}

function mul(c: LiftContext, operands: Operands): void {
  const from = one(operands);
  const width = from.bits as Width;
  if (width === 64) {
    const [a, b] = [c.register(RAX), c.read(from)];
    const [low, high] = [c.op('i64.mul', a, b), c.op('i64.mulh_u', a, b)];
    c.setRegister(RAX, low);
    c.setRegister(RDX, high);
    productFlags(c, width, low, () => c.op('i64.ne', high, c.i64(0)));
    return;
  }
  const b = c.toUnsigned64(width, c.read(from));
  const product = c.op('i64.mul', c.toUnsigned64(width, c.op('i32.wrap_i64', c.register(RAX))), b);
  writeProduct(c, width, product);
  const high = (): Value => c.op('i64.shr_u', product, c.i64(width));
  productFlags(c, width, c.op('i32.wrap_i64', product), () => c.op('i64.ne', high(), c.i64(0)));
}

/** Whether a signed i64 product of values of at most 32 bits does not fit the width. */
function signedOverflow(c: LiftContext, width: 8 | 16 | 32, product: Value): Value {
  const low = c.op('i32.wrap_i64', product);
  return c.op('i64.ne', c.toSigned64(width, low), product);
}

function signedWide(c: LiftContext, a: Value, b: Value): { low: Value; high: Value; overflows: () => Value } {
  const [low, high] = [c.op('i64.mul', a, b), c.op('i64.mulh_s', a, b)];
  return { low, high, overflows: () => c.op('i64.ne', high, c.op('i64.shr_s', low, c.i64(63))) };
}

function imul(c: LiftContext, operands: Operands): void {
  if (operands.length > 1) imulTruncated(c, operands);
  else imulWide(c, one(operands));
}

function imulWide(c: LiftContext, from: Operand): void {
  const width = from.bits as Width;
  if (width === 64) {
    const { low, high, overflows } = signedWide(c, c.register(RAX), c.read(from));
    c.setRegister(RAX, low);
    c.setRegister(RDX, high);
    productFlags(c, width, low, overflows);
    return;
  }
  const b = c.toSigned64(width, c.readSigned(from));
  const product = c.op('i64.mul', c.toSigned64(width, c.op('i32.wrap_i64', c.register(RAX))), b);
  writeProduct(c, width, product);
  productFlags(c, width, c.op('i32.wrap_i64', product), () => signedOverflow(c, width, product));
}

/** Two or three operands: the product cut to the destination. */
function imulTruncated(c: LiftContext, operands: Operands): void {
  const [to, second] = two(operands);
  const third = operands[2];
  const width = to.bits as Width;
  const [a, b] = third === undefined ? [to, second] : [second, third];
  const [x, y] = [c.readSigned(a), c.readSigned(b)];
  const low = c.opOf(width, 'mul', x, y);
  c.write(to, low);
  productFlags(c, width, low, () => {
    if (width === 64) return signedWide(c, x, y).overflows();
    return signedOverflow(c, width, c.op('i64.mul', c.toSigned64(width, x), c.toSigned64(width, y)));
  });
}

/** Divisor 0, and a quotient that does not fit, are the same fault (#DE). */
function trapDivide(c: LiftContext, condition: Value): void {
  c.trapIf(condition, TRAP.INTEGER_DIVIDE);
}

/** The dividend of a division narrower than 64 bits, as an i64; zero-extended. */
function dividend(c: LiftContext, width: 8 | 16 | 32): Value {
  const low = c.toUnsigned64(width === 8 ? 16 : width, c.op('i32.wrap_i64', c.register(RAX)));
  if (width === 8) return low;
  const high = c.toUnsigned64(width, c.op('i32.wrap_i64', c.register(RDX)));
  return c.op('i64.or', low, c.op('i64.shl', high, c.i64(width)));
}

function writeQuotient(c: LiftContext, width: Width, quotient: Value, remainder: Value): void {
  if (width === 64) {
    c.setRegister(RAX, quotient);
    c.setRegister(RDX, remainder);
    return;
  }
  const [low, high] = [c.op('i32.wrap_i64', quotient), c.op('i32.wrap_i64', remainder)];
  if (width === 8) {
    const byte = c.op('i32.and', low, c.i32(0xff));
    c.writeRegister(RAX, 16, c.op('i32.or', byte, c.op('i32.shl', high, c.i32(8))));
    return;
  }
  c.writeRegister(RAX, width, low);
  c.writeRegister(RDX, width, high);
}

function div(c: LiftContext, operands: Operands): void {
  const from = one(operands);
  const width = from.bits as Width;
  if (width === 64) {
    const [high, low, divisor] = [c.register(RDX), c.register(RAX), c.read(from)];
    trapDivide(c, c.op('i64.ge_u', high, divisor));
    const quotient = c.op('i64.div_wide_u', high, low, divisor);
    writeQuotient(c, width, quotient, c.op('i64.sub', low, c.op('i64.mul', quotient, divisor)));
    return;
  }
  const divisor = c.toUnsigned64(width, c.read(from));
  const a = dividend(c, width);
  trapDivide(c, c.op('i64.ge_u', c.op('i64.shr_u', a, c.i64(width)), divisor));
  const quotient = c.op('i64.div_u_or', a, divisor, c.i64(0));
  writeQuotient(c, width, quotient, c.op('i64.rem_u_total', a, divisor));
}

function idiv(c: LiftContext, operands: Operands): void {
  const from = one(operands);
  const width = from.bits as Width;
  if (width === 64) {
    const [high, low, divisor] = [c.register(RDX), c.register(RAX), c.read(from)];
    trapDivide(c, c.op('i64.div_wide_s_overflows', high, low, divisor));
    const quotient = c.op('i64.div_wide_s', high, low, divisor);
    writeQuotient(c, width, quotient, c.op('i64.sub', low, c.op('i64.mul', quotient, divisor)));
    return;
  }
  const divisor = c.toSigned64(width, c.readSigned(from));
  const unsigned = dividend(c, width);
  const a = width === 32 ? unsigned : c.toSigned64(width === 8 ? 16 : 32, c.op('i32.wrap_i64', unsigned));
  const quotient = c.op('i64.div_s_or', a, divisor, c.i64(0));
  const doesNotFit = c.op('i64.ne', c.toSigned64(width, c.op('i32.wrap_i64', quotient)), quotient);
  trapDivide(c, c.op('i32.or', c.op('i64.eqz', divisor), doesNotFit));
  writeQuotient(c, width, quotient, c.op('i64.rem_s_total', a, divisor));
}

/** No flags; where both destinations are one register it holds the upper half. */
function mulx(c: LiftContext, operands: Operands): void {
  const [high, low] = two(operands);
  const from = defined(operands[2], 'a third operand');
  if (high.bits === 64) {
    const [a, b] = [c.register(RDX), c.read(from)];
    const upper = c.op('i64.mulh_u', a, b);
    c.write(low, c.op('i64.mul', a, b));
    c.write(high, upper);
    return;
  }
  const a = c.op('i64.and', c.register(RDX), c.i64(0xffffffff));
  const product = c.op('i64.mul', a, c.toUnsigned64(32, c.read(from)));
  c.write(low, c.op('i32.wrap_i64', product));
  c.write(high, c.op('i32.wrap_i64', c.op('i64.shr_u', product, c.i64(32))));
}

/** adcx adds with CF alone, adox with OF alone. */
function addCarry(flag: number): (c: LiftContext, operands: Operands) => void {
  return (c, operands) => {
    const [to, from] = two(operands);
    const width = to.bits as Width;
    const carry = flag === FLAG.CF ? c.flags.carry() : c.flags.overflow();
    const carryIn = width === 64 ? c.op('i64.extend_i32_u', carry) : carry;
    const [a, b] = [c.read(to), c.read(from)];
    const sum = c.opOf(width, 'add', c.opOf(width, 'add', a, b), carryIn);
    c.write(to, sum);
    const carryOut = (): Value =>
      c.op('i32.select', c.opOf(width, 'le_u', sum, a), c.opOf(width, 'lt_u', sum, a), carry);
    c.flags.define(flag, { carry: carryOut, overflow: carryOut });
  };
}

/** cbw, cwde, cdqe: the lower half of rax over all of it. */
function extendAccumulator(c: LiftContext): void {
  const width = c.i.operandSize;
  const low = c.op('i32.wrap_i64', c.register(RAX));
  if (width === 64) c.setRegister(RAX, c.op('i64.extend_i32_s', low));
  else c.writeRegister(RAX, width, c.signExtend(width === 32 ? 16 : 8, low));
}

/** cwd, cdq, cqo: the sign of rax over rdx. */
function signOfAccumulator(c: LiftContext): void {
  const width = c.i.operandSize;
  if (width === 64) {
    c.setRegister(RDX, c.op('i64.shr_s', c.register(RAX), c.i64(63)));
    return;
  }
  const value = c.signExtend(width, c.op('i32.wrap_i64', c.register(RAX)));
  c.writeRegister(RDX, width, c.op('i32.shr_s', value, c.i32(31)));
}

/** The checksum is 32 bits whatever the size; the destination's upper half becomes 0. */
function crc32(c: LiftContext, operands: Operands): void {
  const [to, from] = two(operands);
  const old = c.op('i32.wrap_i64', c.register(to.number));
  const value = c.readLow(from);
  c.writeRegister(to.number, 32, checksum(c, from.bits as Width, old, value));
}

function checksum(c: LiftContext, width: Width, old: Value, value: Value): Value {
  if (width === 8) return c.op('i32.crc32c_8', old, value);
  if (width === 16) return c.op('i32.crc32c_16', old, value);
  if (width === 32) return c.op('i32.crc32c_32', old, value);
  const low = c.op('i32.crc32c_32', old, c.op('i32.wrap_i64', value));
  return c.op('i32.crc32c_32', low, c.op('i32.wrap_i64', c.op('i64.shr_u', value, c.i64(32))));
}

export const multiplyLifters = {
  mul,
  imul,
  div,
  idiv,
  mulx,
  adcx: addCarry(FLAG.CF),
  adox: addCarry(FLAG.OF),
  cbw: extendAccumulator,
  cwd: signOfAccumulator,
  crc32,
};
