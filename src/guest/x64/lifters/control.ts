/** Control transfer. */
import { TRAP } from '../../../ir/block.ts';
import type { Operand } from '../operands.ts';
import type { Value } from '../../../ir/builder.ts';
import { R11, RCX, RSP, type LiftContext } from './context.ts';
import { CONDITIONS, type Condition } from './flags.ts';
import { one, push, two } from './move.ts';
import { flagsWord } from './system.ts';

type Operands = readonly Operand[];
type Lifter = (c: LiftContext, operands: Operands) => void;

function byCondition<Prefix extends string>(
  prefix: Prefix,
  lifter: (code: number) => Lifter,
): Record<`${Prefix}${Condition}`, Lifter> {
  const lifters = CONDITIONS.map((condition, code) => [`${prefix}${condition}`, lifter(code)] as const);
  return Object.fromEntries(lifters) as Record<`${Prefix}${Condition}`, Lifter>;
}

/**
 * A code address for a terminator. One that wraps around 0 is far outside what can be mapped; the fault there may name it
 * imprecisely.
 */
function location(target: Operand): number {
  return target.number < 0 ? Number(BigInt.asUintN(64, BigInt(target.number))) : target.number;
}

const jumpIf =
  (code: number): Lifter =>
  (c, operands) => {
    const condition = c.flags.condition(code);
    c.flags.flush(c.liveFlags);
    c.builder.branch(condition, location(one(operands)), c.next);
  };

const setIf =
  (code: number): Lifter =>
  (c, operands) => {
    c.write(one(operands), c.flags.condition(code));
  };

/** The source is read, and a 32-bit destination zero-extended, whatever the condition (SDM vol. 2, CMOVcc). */
const moveIf =
  (code: number): Lifter =>
  (c, operands) => {
    const [to, from] = two(operands);
    const value = c.readLow(from);
    const kept = c.readLow(to);
    const name = to.bits === 64 ? 'i64.select' : 'i32.select';
    c.write(to, c.op(name, value, kept, c.flags.condition(code)));
  };

function jmp(c: LiftContext, operands: Operands): void {
  const to = one(operands);
  if (to.kind === 'target') {
    c.flags.flush(c.liveFlags);
    c.builder.jump(location(to));
    return;
  }
  const target = c.read(to);
  c.flags.flush(c.liveFlags);
  c.builder.indirect(target, 'jump');
}

function call(c: LiftContext, operands: Operands): void {
  const to = one(operands);
  // The target is read before rsp moves: `call [rsp]`, `call rsp`.
  const target = to.kind === 'target' ? null : c.read(to);
  push(c, 64, c.i64(c.next));
  c.flags.flush(c.liveFlags);
  if (target === null) c.builder.jump(location(to), 'call', c.next);
  else c.builder.indirect(target, 'call', c.next);
}

function ret(c: LiftContext, operands: Operands): void {
  const top = c.register(RSP);
  const target = c.load(64, top);
  const released = 8 + ((operands[0]?.number ?? 0) & 0xffff);
  c.setRegister(RSP, c.op('i64.add', top, c.i64(released)));
  c.flags.flush(c.liveFlags);
  c.builder.indirect(target, 'return');
}

/** rcx or ecx by address size, less 1 where the instruction counts. */
function counter(c: LiftContext, less: number): Value {
  const value = c.op('i64.sub', c.register(RCX), c.i64(less));
  return c.i.addressSize === 64 ? value : c.op('i64.and', value, c.i64(0xffffffff));
}

function jrcxz(c: LiftContext, operands: Operands): void {
  const isZero = c.op('i64.eqz', counter(c, 0));
  c.flags.flush(c.liveFlags);
  c.builder.branch(isZero, location(one(operands)), c.next);
}

/** `zero`: the value of ZF that a loop goes on with; null where it does not matter. */
const loop =
  (zero: boolean | null): Lifter =>
  (c, operands) => {
    const count = counter(c, 1);
    c.setRegister(RCX, count);
    const isLeft = c.op('i64.ne', count, c.i64(0));
    const isZero = zero === null ? null : zero ? c.flags.zero() : c.op('i32.eqz', c.flags.zero());
    c.flags.flush(c.liveFlags);
    const condition = isZero === null ? isLeft : c.op('i32.and', isLeft, isZero);
    c.builder.branch(condition, location(one(operands)), c.next);
  };

/** rcx receives the next pc and r11 RFLAGS (SDM vol. 2, SYSCALL): so they are after the kernel's return. */
function syscall(c: LiftContext): void {
  c.setRegister(R11, c.op('i64.extend_i32_u', flagsWord(c)));
  c.setRegister(RCX, c.i64(c.next));
  c.flags.flush(c.liveFlags);
  c.builder.syscall(c.next);
}

const nothing: Lifter = () => undefined;

const int3: Lifter = (c) => {
  c.flags.flush(c.liveFlags);
  c.builder.trap(TRAP.BREAKPOINT, c.i.pc);
};

const ud2: Lifter = (c) => {
  c.flags.flush(c.liveFlags);
  c.illegal();
};

export const controlLifters = {
  ...byCondition('j', jumpIf),
  ...byCondition('set', setIf),
  ...byCondition('cmov', moveIf),
  jmp,
  call,
  ret,
  jrcxz,
  loopne: loop(false),
  loope: loop(true),
  loop: loop(null),
  nop: nothing,
  pause: nothing,
  endbr64: nothing,
  endbr32: nothing,
  syscall,
  int3,
  ud2,
};
