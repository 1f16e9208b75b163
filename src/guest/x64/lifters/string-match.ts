/** pcmpestri and its kin: string comparison with flags (SDM vol. 1, 5.4.1; vol. 2, 4.1). */
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { STATUS_FLAGS } from '../state.ts';
import { RAX, RCX, RDX, type LiftContext } from './context.ts';
import { bytesVector, immediateByte, operandAt, readVector, setVector, type VectorLifter } from './vector.ts';

/** Elements are words where bit 0 of the control is set. */
const countOf = (control: number): 8 | 16 => ((control & 1) === 0 ? 16 : 8);

/** Elements before the first that is zero. */
function implicitLength(c: LiftContext, control: number, value: Value): Value {
  const shape = countOf(control) === 16 ? 'i8x16' : 'i16x8';
  const zeros = c.op(`${shape}.bitmask`, c.op(`${shape}.eq`, value, c.builder.v128(0n, 0n)));
  return c.op('i32.ctz', c.op('i32.or', zeros, c.i32(1 << countOf(control))));
}

/** The magnitude of eax or edx (rax, rdx with REX.W), at most the number of elements. */
function explicitLength(c: LiftContext, control: number, register: number): Value {
  const count = c.i64(countOf(control));
  const whole = c.register(register);
  const value = c.i.rexW ? whole : c.op('i64.extend32_s', whole);
  const sign = c.op('i64.shr_s', value, c.i64(63));
  const magnitude = c.op('i64.sub', c.op('i64.xor', value, sign), sign);
  const isLess = c.op('i64.extend_i32_u', c.op('i64.lt_u', magnitude, count));
  const mask = c.op('i64.sub', c.i64(0), isLess);
  const kept = c.op('i64.and', c.op('i64.xor', magnitude, count), mask);
  return c.op('i32.wrap_i64', c.op('i64.xor', kept, count));
}

interface Match {
  readonly bits: Value;
  readonly control: number;
}

function match(c: LiftContext, operands: readonly Operand[], isExplicit: boolean): Match {
  const control = immediateByte(operands);
  const b = readVector(c, operandAt(operands, 1));
  const a = readVector(c, operandAt(operands, 0));
  const first = isExplicit ? explicitLength(c, control, RAX) : implicitLength(c, control, a);
  const second = isExplicit ? explicitLength(c, control, RDX) : implicitLength(c, control, b);
  const count = countOf(control);
  const lengths = c.op('i32.or', first, c.op('i32.shl', second, c.i32(8)));
  const bits = c.builder.opImm(count === 16 ? 'i8x16.string_match' : 'i16x8.string_match', control, a, b, lengths);
  const isShort = (length: Value) => (): Value => c.op('i32.lt_u', length, c.i32(count));
  const none = (): Value => c.i32(0);
  c.flags.define(STATUS_FLAGS, {
    carry: () => c.op('i32.ne', bits, c.i32(0)),
    zero: isShort(second),
    sign: isShort(first),
    overflow: () => c.op('i32.and', bits, c.i32(1)),
    parity: none,
    adjust: none,
  });
  return { bits, control };
}

/** The least matching index in ecx, or with bit 6 of the control the greatest; the number of elements if none matches. */
const matchIndex =
  (isExplicit: boolean): VectorLifter =>
  (c, operands) => {
    const { bits, control } = match(c, operands, isExplicit);
    const count = countOf(control);
    const least = c.op('i32.ctz', c.op('i32.or', bits, c.i32(1 << count)));
    // Shifted by one so that no match is 0: 31 - clz then gives 0 for it, else the index plus 1.
    const doubled = c.op('i32.or', c.op('i32.shl', bits, c.i32(1)), c.op('i32.eqz', bits));
    const position = c.op('i32.sub', c.i32(31), c.op('i32.clz', doubled));
    const none = c.op('i32.mul', c.op('i32.eqz', bits), c.i32(count + 1));
    const greatest = c.op('i32.sub', c.op('i32.add', position, none), c.i32(1));
    c.writeRegister(RCX, 32, (control & 64) === 0 ? least : greatest);
  };

/** The matches in xmm0: a bit for each element, or with bit 6 of the control all bits of each. */
const matchMask =
  (isExplicit: boolean): VectorLifter =>
  (c, operands) => {
    const { bits, control } = match(c, operands, isExplicit);
    if ((control & 64) === 0) {
      setVector(c, 0, c.op('v128.from_i32', bits));
      return;
    }
    const isBytes = countOf(control) === 16;
    const spread = c.op('i16x8.splat', bits);
    const bitOf = isBytes
      ? Array.from({ length: 16 }, (_, lane) => 1 << (lane & 7))
      : Array.from({ length: 8 }, (_, lane) => [1 << lane, 0]).flat();
    const selected = isBytes
      ? c.op(
          'i8x16.swizzle',
          spread,
          bytesVector(
            c,
            Array.from({ length: 16 }, (_, lane) => lane >> 3),
          ),
        )
      : spread;
    const wanted = bytesVector(c, bitOf);
    setVector(c, 0, c.op(isBytes ? 'i8x16.eq' : 'i16x8.eq', c.op('v128.and', selected, wanted), wanted));
  };

export const stringMatchLifters = {
  pcmpestri: matchIndex(true),
  pcmpistri: matchIndex(false),
  pcmpestrm: matchMask(true),
  pcmpistrm: matchMask(false),
};
