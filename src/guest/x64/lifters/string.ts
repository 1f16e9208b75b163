/**
 * String instructions. Without REP, one element. With REP, one element and back to itself: interruptible after each, and
 * exact where an access faults; a loop of one block, which regions hold like any other. A count of 0 is rare and asks for
 * the careful form (TRAP.CAREFUL), which does nothing. Under 67 the upper half of rcx is cleared before anything else, also where
 * the count is 0 or the first access faults, and with MOVS and STOS those of rsi and rdi as well: no manual says so, but Intel's
 * processors do it.
 */
import { TRAP } from '../../../ir/block.ts';
import type { Value } from '../../../ir/builder.ts';
import type { Operand } from '../operands.ts';
import { MODE_BACKWARD, STATUS_FLAGS } from '../state.ts';
import { subtractFlags } from './arithmetic.ts';
import { RAX, RCX, RDI, RSI, type LiftContext } from './context.ts';
import type { Width } from './flags.ts';
import { one } from './move.ts';

type Operands = readonly Operand[];
type Lifter = (c: LiftContext, operands: Operands) => void;

/** rsi or rdi, or their lower halves under 67. */
function pointer(c: LiftContext, register: number): Value {
  const value = c.register(register);
  return c.i.addressSize === 64 ? value : c.op('i64.and', value, c.i64(0xffffffff));
}

function setPointer(c: LiftContext, register: number, value: Value): void {
  c.setRegister(register, c.i.addressSize === 64 ? value : c.op('i64.and', value, c.i64(0xffffffff)));
}

function advance(c: LiftContext, register: number, width: Width): void {
  const bytes = (c.mode & MODE_BACKWARD) === 0 ? width / 8 : -width / 8;
  setPointer(c, register, c.op('i64.add', pointer(c, register), c.i64(bytes)));
}

/** One element; gives the condition (i32) under which a repetition goes on, beside the count. */
type Element = (c: LiftContext, width: Width) => Value | null;

const moveElement: Element = (c, width) => {
  c.store(width, pointer(c, RDI), c.load(width, c.withSegment(pointer(c, RSI))));
  advance(c, RSI, width);
  advance(c, RDI, width);
  return null;
};

const storeElement: Element = (c, width) => {
  const value = c.register(RAX);
  c.store(width, pointer(c, RDI), width === 64 ? value : c.op('i32.wrap_i64', value));
  advance(c, RDI, width);
  return null;
};

const loadElement: Element = (c, width) => {
  const value = c.load(width, c.withSegment(pointer(c, RSI)));
  c.writeRegister(RAX, width, value);
  advance(c, RSI, width);
  return null;
};

function define(c: LiftContext, width: Width, a: Value, b: Value): Value {
  c.flags.define(STATUS_FLAGS, subtractFlags(c, width, a, b, c.opOf(width, 'sub', a, b)));
  const isEqual = c.opOf(width, 'eq', a, b);
  return c.i.repeat === 'repne' ? c.op('i32.eqz', isEqual) : isEqual;
}

const compareElement: Element = (c, width) => {
  const a = c.load(width, c.withSegment(pointer(c, RSI)));
  const b = c.load(width, pointer(c, RDI));
  advance(c, RSI, width);
  advance(c, RDI, width);
  return define(c, width, a, b);
};

const scanElement: Element = (c, width) => {
  const value = c.register(RAX);
  const a = c.zeroExtend(width, width === 64 ? value : c.op('i32.wrap_i64', value));
  const b = c.load(width, pointer(c, RDI));
  advance(c, RDI, width);
  return define(c, width, a, b);
};

/** `narrowed`: registers besides rcx whose upper halves a repetition under 67 clears before anything else. */
function string(element: Element, narrowed: readonly number[] = []): Lifter {
  return (c, operands) => {
    const width = one(operands).bits as Width;
    if (c.i.repeat === 'none') {
      element(c, width);
      return;
    }
    narrow(c, [RCX, ...narrowed]);
    if (c.isCareful) {
      c.builder.jump(c.next);
      return;
    }
    c.trapIf(c.op('i64.eqz', pointer(c, RCX)), TRAP.CAREFUL);
    repeatOnce(c, width, element);
  };
}

function narrow(c: LiftContext, registers: readonly number[]): void {
  if (c.i.addressSize === 64) return;
  for (const register of registers) setPointer(c, register, pointer(c, register));
}

/** The count is not 0 here. */
function repeatOnce(c: LiftContext, width: Width, element: Element): void {
  const goesOn = element(c, width);
  const count = c.op('i64.sub', pointer(c, RCX), c.i64(1));
  setPointer(c, RCX, count);
  c.flags.flush(c.liveFlags);
  const isLeft = c.op('i64.ne', pointer(c, RCX), c.i64(0));
  c.builder.branch(goesOn === null ? isLeft : c.op('i32.and', isLeft, goesOn), c.i.pc, c.next);
}

export const stringLifters = {
  movs: string(moveElement, [RSI, RDI]),
  cmps: string(compareElement),
  stos: string(storeElement, [RDI]),
  lods: string(loadElement),
  scas: string(scanElement),
};
