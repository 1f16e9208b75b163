/**
 * Control transfer between segments. Code stays in the segment of 64-bit code: going to 32-bit code raises general protection
 * here.
 */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { FLAG, MODE_BACKWARD, flagSlots, STATUS_FLAGS, SYSTEM_FLAGS, USER_CS, USER_SS } from '../state.ts';
import { RSP, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';
import { indexOf } from './selectors.ts';
import { setFlagsWord } from './system.ts';

type Operands = readonly Operand[];

function checkCode(c: LiftContext, selector: Value): void {
  c.trapIf(c.op('i32.ne', indexOf(c, selector), c.i32(USER_CS & ~3)), TRAP.PROTECTION);
}

/** Offset and selector in memory. By AMD, whose processor CPUID names, REX.W does not widen the offset (APM vol. 3, JMP Far). */
function farTarget(c: LiftContext): Value {
  const width = c.i.operandSize === 16 ? 16 : 32;
  const at = c.address();
  const target = c.toUnsigned64(width, c.load(width, at));
  checkCode(c, c.load(16, c.op('i64.add', at, c.i64(width / 8))));
  return target;
}

function jmpf(c: LiftContext): void {
  const target = farTarget(c);
  c.flags.flush(c.liveFlags);
  c.builder.indirect(target, 'jump');
}

/** Pushes cs and the return address; both stores come before rsp moves. */
function callf(c: LiftContext): void {
  const width = c.i.operandSize;
  const target = farTarget(c);
  const slot = (at: number): Value => c.op('i64.sub', c.register(RSP), c.i64((at * width) / 8));
  c.store(width, slot(1), c.constant(width, USER_CS));
  c.store(width, slot(2), width === 64 ? c.i64(c.next) : c.constant(width, c.next | 0));
  c.setRegister(RSP, slot(2));
  c.flags.flush(c.liveFlags);
  c.builder.indirect(target, 'jump');
}

/** The word at a place on the stack, counted in words of the operand size. */
function stackWord(c: LiftContext, width: Width, at: number): Value {
  return c.load(width, c.op('i64.add', c.register(RSP), c.i64((at * width) / 8)));
}

const low = (c: LiftContext, width: Width, value: Value): Value =>
  c.op('i32.and', width === 64 ? c.op('i32.wrap_i64', value) : value, c.i32(0xffff));

function retf(c: LiftContext, operands: Operands): void {
  const width = c.i.operandSize;
  const target = c.toUnsigned64(width, stackWord(c, width, 0));
  c.trapIf(c.op('i32.ne', low(c, width, stackWord(c, width, 1)), c.i32(USER_CS)), TRAP.PROTECTION);
  const released = width / 4 + ((operands[0]?.number ?? 0) & 0xffff);
  c.setRegister(RSP, c.op('i64.add', c.register(RSP), c.i64(released)));
  c.flags.flush(c.liveFlags);
  c.builder.indirect(target, 'jump');
}

/**
 * Pops rip, cs, rflags, rsp and ss, in 64-bit mode always all of them. Where DF changes, which is part of the mode, the
 * careful form only sets it, and the instruction runs again.
 */
function iret(c: LiftContext): void {
  const width = c.i.operandSize;
  const word = stackWord(c, width, 2);
  const flags = width === 64 ? c.op('i32.wrap_i64', word) : word;
  const direction = c.op('i32.and', c.op('i32.shr_u', flags, c.i32(10)), c.i32(1));
  if (c.isCareful) {
    c.flags.flush(c.liveFlags);
    c.builder.set(flagSlots.direction, direction);
    c.resync(c.i.pc);
    return;
  }
  const now = (c.mode & MODE_BACKWARD) === 0 ? 0 : 1;
  c.trapIf(c.op('i32.ne', direction, c.i32(now)), TRAP.CAREFUL);
  c.trapIf(c.op('i32.ne', low(c, width, stackWord(c, width, 1)), c.i32(USER_CS)), TRAP.PROTECTION);
  c.trapIf(c.op('i32.ne', low(c, width, stackWord(c, width, 4)), c.i32(USER_SS)), TRAP.PROTECTION);
  const target = c.toUnsigned64(width, stackWord(c, width, 0));
  const stack = c.toUnsigned64(width, stackWord(c, width, 3));
  setFlagsWord(c, flags, width === 16 ? FLAG.NT : SYSTEM_FLAGS);
  c.flags.inSlots(STATUS_FLAGS);
  c.setRegister(RSP, stack);
  c.builder.indirect(target, 'jump');
}

export const segmentLifters = { callf, jmpf, retf, iret };
