/** Data transfer. */
import { defined } from '../../../common/assert.ts';
import type { Operand } from '../operands.ts';
import { RBP, RSP, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';

type Operands = readonly Operand[];

function mov(c: LiftContext, operands: Operands): void {
  const [to, from] = two(operands);
  // The address of a moffs form follows the opcode (SDM vol. 2, MOV).
  if (c.i.opcode >= 0xa0 && c.i.opcode <= 0xa3) c.setAddress(c.withSegment(c.builder.i64Bits(c.i.wideImmediate)));
  c.write(to, c.readLow(from));
}

export function two([first, second]: Operands): readonly [Operand, Operand] {
  return [defined(first, 'a first operand'), defined(second, 'a second operand')];
}

export function one([first]: Operands): Operand {
  return defined(first, 'an operand');
}

function lea(c: LiftContext, operands: Operands): void {
  const [to] = two(operands);
  const address = c.effectiveAddress();
  c.write(to, to.bits === 64 ? address : c.op('i32.wrap_i64', address));
}

function moveExtended(isSigned: boolean): (c: LiftContext, operands: Operands) => void {
  return (c, operands) => {
    const [to, from] = two(operands);
    const value = isSigned ? c.readSigned(from) : c.read(from);
    const extended = isSigned ? 'i64.extend_i32_s' : 'i64.extend_i32_u';
    c.write(to, to.bits === 64 && from.bits < 64 ? c.op(extended, value) : value);
  };
}

/** Stores below rsp, then moves it: a fault leaves rsp alone. */
export function push(c: LiftContext, width: Width, value: Value64): void {
  const top = c.op('i64.sub', c.register(RSP), c.i64(width / 8));
  c.store(width, top, value);
  c.setRegister(RSP, top);
}

type Value64 = Parameters<LiftContext['write']>[1];

export function pop(c: LiftContext, width: Width): Value64 {
  const top = c.register(RSP);
  const value = c.load(width, top);
  c.setRegister(RSP, c.op('i64.add', top, c.i64(width / 8)));
  return value;
}

function pushOperand(c: LiftContext, operands: Operands): void {
  const from = one(operands);
  const width = c.i.operandSize;
  push(c, width, from.kind === 'immediate' ? c.constant(width, from.number) : c.readLow(from));
}

function popOperand(c: LiftContext, operands: Operands): void {
  const to = one(operands);
  const width = c.i.operandSize;
  const value = c.load(width, c.register(RSP));
  const above = c.op('i64.add', c.register(RSP), c.i64(width / 8));
  if (to.kind === 'memory') {
    // The address is computed with rsp already moved (SDM vol. 2, POP); the store may fault, so rsp moves last.
    c.setAddress(addressAfterPop(c, above));
    c.write(to, value);
    c.setRegister(RSP, above);
    return;
  }
  c.setRegister(RSP, above);
  c.write(to, value);
}

function addressAfterPop(c: LiftContext, above: Value64): Value64 {
  if (c.i.base !== RSP) return c.address();
  const before = c.effectiveAddress();
  return c.withSegment(c.op('i64.add', before, c.op('i64.sub', above, c.register(RSP))));
}

function leave(c: LiftContext): void {
  const width = c.i.operandSize;
  const frame = c.register(RBP);
  const value = c.load(width, frame);
  c.setRegister(RSP, c.op('i64.add', frame, c.i64(width / 8)));
  c.writeRegister(RBP, width, value);
}

export const moveLifters = {
  mov,
  lea,
  movzx: moveExtended(false),
  movsx: moveExtended(true),
  movsxd: moveExtended(true),
  push: pushOperand,
  pop: popOperand,
  leave,
};
