/** Data transfer. */
import { defined } from '../../../common/assert.ts';
import type { Value } from '../../../ir/builder.ts';
import { TRAP } from '../../../ir/block.ts';
import type { Operand } from '../operands.ts';
import { FLAG, STATUS_FLAGS } from '../state.ts';
import { addFlags, subtractFlags } from './arithmetic.ts';
import { RAX, RBP, RBX, RCX, RDX, RSP, typeOf, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';
import { isLoadable, loadSelector, readSelector } from './selectors.ts';
import { atomicName, isAtomic } from './update.ts';

type Operands = readonly Operand[];

function mov(c: LiftContext, operands: Operands): void {
  const [to, from] = two(operands);
  // The address of a moffs form follows the opcode (SDM vol. 2, MOV).
  if (c.i.opcode >= 0xa0 && c.i.opcode <= 0xa3) c.setAddress(c.withSegment(c.builder.i64Bits(c.i.wideImmediate)));
  if (from.kind === 'segment') storeSegment(c, to, from.number);
  else if (to.kind === 'segment') loadSegment(c, to.number, from);
  else c.write(to, c.readLow(from));
}

function storeSegment(c: LiftContext, to: Operand, segment: number): void {
  const selector = readSelector(c, segment);
  if (selector === null) {
    c.flags.flush(c.liveFlags);
    c.illegal();
  } else c.write(to, to.bits === 64 ? c.op('i64.extend_i32_u', selector) : selector);
}

function loadSegment(c: LiftContext, segment: number, from: Operand): void {
  if (isLoadable(segment)) {
    loadSelector(c, segment, c.read(from));
    return;
  }
  c.flags.flush(c.liveFlags);
  c.illegal();
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
export function push(c: LiftContext, width: Width, value: Value): void {
  const top = c.op('i64.sub', c.register(RSP), c.i64(width / 8));
  c.store(width, top, value);
  c.setRegister(RSP, top);
}

export function pop(c: LiftContext, width: Width): Value {
  const top = c.register(RSP);
  const value = c.load(width, top);
  c.setRegister(RSP, c.op('i64.add', top, c.i64(width / 8)));
  return value;
}

function pushOperand(c: LiftContext, operands: Operands): void {
  const from = one(operands);
  const width = c.i.operandSize;
  if (from.kind === 'segment') {
    const selector = defined(readSelector(c, from.number), 'a segment register');
    push(c, width, width === 64 ? c.op('i64.extend_i32_u', selector) : selector);
  } else push(c, width, from.kind === 'immediate' ? c.constant(width, from.number) : c.readLow(from));
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
  if (to.kind === 'segment')
    loadSelector(c, to.number, c.zeroExtend(16, width === 64 ? c.op('i32.wrap_i64', value) : value));
  c.setRegister(RSP, above);
  if (to.kind !== 'segment') c.write(to, value);
}

function addressAfterPop(c: LiftContext, above: Value): Value {
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

/** With memory always atomic (SDM vol. 2, XCHG), LOCK or not. */
function xchg(c: LiftContext, operands: Operands): void {
  const [first, second] = two(operands);
  const width = first.bits as Width;
  const value = c.read(second);
  if (first.kind === 'memory' && isAtomic(c, width)) {
    c.write(second, c.op(atomicName(width, 'xchg'), c.address(), value));
    return;
  }
  const old = c.read(first);
  c.write(first, value);
  c.write(second, old);
}

function xadd(c: LiftContext, operands: Operands): void {
  const [to, from] = two(operands);
  const width = to.bits as Width;
  const b = c.read(from);
  const isLocked = to.kind === 'memory' && c.i.hasLock && isAtomic(c, width);
  const old = isLocked ? c.op(atomicName(width, 'add'), c.address(), b) : c.read(to);
  const sum = c.opOf(width, 'add', old, b);
  // Of one register as both operands the sum remains, and a fault of the store comes before any change.
  if (to.kind === 'memory' && !isLocked) c.write(to, sum);
  c.write(from, old);
  if (to.kind !== 'memory') c.write(to, sum);
  c.flags.define(STATUS_FLAGS, addFlags(c, width, old, b, sum));
}

/**
 * A destination in memory is written either way, with its old value where the comparison fails (SDM vol. 2, CMPXCHG). Of
 * the two registers, the one that does not change keeps its upper half too.
 */
function cmpxchg(c: LiftContext, operands: Operands): void {
  const [to, from] = two(operands);
  const width = to.bits as Width;
  const accumulator: Operand = { kind: 'general', bits: width, number: RAX };
  const [expected, value] = [c.read(accumulator), c.read(from)];
  let old: Value;
  if (to.kind === 'memory' && c.i.hasLock && isAtomic(c, width)) {
    old = c.op(atomicName(width, 'cmpxchg'), c.address(), expected, value);
  } else {
    old = c.read(to);
    if (to.kind === 'memory')
      c.write(to, c.op(`${typeOf(width)}.select`, value, old, c.opOf(width, 'eq', expected, old)));
  }
  c.flags.define(STATUS_FLAGS, subtractFlags(c, width, expected, old, c.opOf(width, 'sub', expected, old)));
  const isEqual = c.opOf(width, 'eq', expected, old);
  if (to.kind !== 'memory') writeWhere(c, isEqual, to, value);
  // The accumulator as destination is equal to itself.
  if (to.kind !== 'general' || to.number !== RAX) writeWhere(c, c.op('i32.eqz', isEqual), accumulator, old);
}

/** Writes a register where `condition` (i32) is not 0; else it stays as it is. */
export function writeWhere(c: LiftContext, condition: Value, to: Operand, value: Value): void {
  const before = c.register(to.number);
  c.write(to, value);
  c.setRegister(to.number, c.op('i64.select', c.register(to.number), before, condition));
}

/** 8 or 16 bytes against edx:eax or rdx:rax; equal, they become ecx:ebx or rcx:rbx. */
function cmpxchg8b(c: LiftContext): void {
  const word = (register: number): Value => c.op('i64.and', c.register(register), c.i64(0xffffffff));
  const pair = (high: number, low: number): Value =>
    c.op('i64.or', c.op('i64.shl', c.register(high), c.i64(32)), word(low));
  const [expected, value] = [pair(RDX, RAX), pair(RCX, RBX)];
  let old: Value;
  if (c.i.hasLock && isAtomic(c, 64)) {
    old = c.op('i64.atomic.rmw.cmpxchg', c.address(), expected, value);
  } else {
    old = c.load(64, c.address());
    c.store(64, c.address(), c.op('i64.select', value, old, c.op('i64.eq', old, expected)));
  }
  const isEqual = c.op('i64.eq', old, expected);
  const low = c.op('i64.and', old, c.i64(0xffffffff));
  c.setRegister(RAX, c.op('i64.select', c.register(RAX), low, isEqual));
  c.setRegister(RDX, c.op('i64.select', c.register(RDX), c.op('i64.shr_u', old, c.i64(32)), isEqual));
  c.flags.define(FLAG.ZF, { zero: () => isEqual });
}

/** The address must be aligned, LOCK or not. */
function cmpxchg16b(c: LiftContext): void {
  const address = c.address();
  c.trapIf(c.op('i64.ne', c.op('i64.and', address, c.i64(15)), c.i64(0)), TRAP.PROTECTION);
  const pair = (low: Value, high: Value): Value =>
    c.builder.opImm('i64x2.replace_lane', 1, c.op('i64x2.splat', low), high);
  const expected = pair(c.register(RAX), c.register(RDX));
  const old = c.op('v128.atomic.cmpxchg', address, expected, pair(c.register(RBX), c.register(RCX)));
  const isEqual = c.op('i8x16.all_true', c.op('i8x16.eq', old, expected));
  c.setRegister(RAX, c.builder.opImm('i64x2.extract_lane', 0, old));
  c.setRegister(RDX, c.builder.opImm('i64x2.extract_lane', 1, old));
  c.flags.define(FLAG.ZF, { zero: () => isEqual });
}

function movbe(c: LiftContext, operands: Operands): void {
  const [to, from] = two(operands);
  const value = c.readLow(from);
  if (to.bits === 16) c.write(to, c.op('i32.shr_u', c.op('i32.bswap', value), c.i32(16)));
  else c.write(to, c.opOf(to.bits as Width, 'bswap', value));
}

function xlatb(c: LiftContext): void {
  const index = c.op('i64.and', c.register(RAX), c.i64(0xff));
  const sum = c.op('i64.add', c.register(RBX), index);
  const address = c.i.addressSize === 64 ? sum : c.op('i64.and', sum, c.i64(0xffffffff));
  c.writeRegister(RAX, 8, c.load(8, c.withSegment(address)));
}

/** Pushes rbp and, for nested frames, the pointers that its frame holds (SDM vol. 2, ENTER). */
function enter(c: LiftContext): void {
  const width = c.i.operandSize;
  const bytes = width / 8;
  const [size = 0, level = 0] = c.i.immediates;
  const levels = level & 31;
  const rbp = c.register(RBP);
  const low = (value: Value): Value => (width === 64 ? value : c.op('i32.wrap_i64', value));
  const below = (count: number): Value => c.op('i64.sub', c.register(RSP), c.i64(bytes * count));
  const frame = below(1);
  c.store(width, frame, low(rbp));
  for (let at = 1; at < levels; at++) {
    const outer = c.load(width, c.op('i64.sub', rbp, c.i64(bytes * at)));
    c.store(width, below(at + 1), outer);
  }
  if (levels > 0) c.store(width, below(levels + 1), low(frame));
  const allocated = (size & 0xffff) + bytes * (levels > 0 ? levels : 0);
  const top = c.op('i64.sub', frame, c.i64(allocated));
  // The new top must be writable; what is there stays.
  c.store(width, top, c.load(width, top));
  c.setRegister(RSP, top);
  c.writeRegister(RBP, width, low(frame));
  // What was pushed may be what is read next, so this cannot begin anew after a part of it was done: tier 0 has to do it.
  if (levels > 0) c.resync();
}

export const moveLifters = {
  xchg,
  xadd,
  cmpxchg,
  cmpxchg8b,
  cmpxchg16b,
  movbe,
  xlatb,
  enter,
  mov,
  lea,
  movzx: moveExtended(false),
  movsx: moveExtended(true),
  movsxd: moveExtended(true),
  push: pushOperand,
  pop: popOperand,
  leave,
};
