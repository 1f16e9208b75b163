/** Lifts blocks: decodes up to the instruction that ends one, finds which flags are wanted, lifts each. */
import { TRAP, type Block } from '../../ir/block.ts';
import { optimizeBlock } from '../../ir/passes/optimize.ts';
import type { CodeSource } from '../guest.ts';
import type { CpuLevel } from './cpuid.ts';
import { decode, type Instruction } from './decode.ts';
import { LiftContext } from './lifters/context.ts';
import { lifters } from './lifters/index.ts';
import { effectsOf, endsBlock, liveFlags } from './liveness.ts';
import { MODE_CAREFUL, STATUS_FLAGS } from './state.ts';

/** Instructions that cannot leave a block in its middle as long as their operands are registers. */
const STRAIGHT = new Set(
  (
    'add or adc sbb and sub xor cmp test inc dec not neg mov movzx movsx movsxd lea nop pause endbr64 endbr32 ' +
    'mul imul mulx adcx adox cbw cwd crc32 rol ror rcl rcr shl sal shr sar shld shrd bt bts btr btc bsf bsr tzcnt ' +
    'lzcnt popcnt bswap andn bextr blsr blsmsk blsi bzhi pdep pext rorx sarx shlx shrx xchg xadd cmpxchg lahf sahf ' +
    'clc stc cmc cld std jrcxz loop loope loopne'
  ).split(' '),
);

function mayLeave({ row, isMemory }: Instruction): boolean {
  if (row === null) return true;
  if (row.name === 'lea' || row.name === 'nop') return false;
  return isMemory || row.operands.some(({ source }) => source === 'offset') || !isStraight(row.name);
}

function isStraight(name: string): boolean {
  return STRAIGHT.has(name) || name.startsWith('set') || name.startsWith('cmov') || /^j[a-z]{1,2}$/.test(name);
}

function decodeBlock(source: CodeSource, pc: number, maxInstructions: number): Instruction[] {
  const instructions: Instruction[] = [];
  for (let at = pc; instructions.length < maxInstructions;) {
    const instruction = decode(source, at);
    if (instruction === null) break;
    instructions.push(instruction);
    if (endsBlock(instruction)) break;
    at = instruction.next;
  }
  return instructions;
}

function liftInstruction(c: LiftContext, instruction: Instruction, liveBefore: number, liveAfter: number): void {
  // A trap of this instruction must find the flags that its handler, or whoever goes on behind it, may read.
  if (mayLeave(instruction)) c.flags.flush(liveBefore);
  const operands = c.begin(instruction);
  c.liveFlags = liveAfter;
  const { row } = instruction;
  if (row !== null) lifters[row.name](c, operands);
  else if (instruction.tooLong) c.protectionFault();
  else c.illegal();
}

/** See `Guest.liftBlock`. Optimized here: lifters leave behind values that only some flag would have needed. */
export function liftBlock(source: CodeSource, pc: number, mode: number, maxInstructions: number, cpu: CpuLevel): Block {
  const limit = (mode & MODE_CAREFUL) === 0 ? maxInstructions : 1;
  const instructions = decodeBlock(source, pc, limit);
  const c = new LiftContext(pc, mode, cpu);
  const { builder } = c;
  const { live, pages } = liveFlags(source, instructions);
  const finish = (): Block => ({ ...optimizeBlock(builder.finish()), reliesOn: pages });
  for (const [index, instruction] of instructions.entries()) {
    const after = live[index] ?? STATUS_FLAGS;
    const { reads, kills } = effectsOf(instruction);
    liftInstruction(c, instruction, reads | (after & ~kills), after);
    if (builder.terminated) return finish();
  }
  c.flags.flush(live.at(-1) ?? STATUS_FLAGS);
  const next = instructions.at(-1)?.next ?? pc;
  if (instructions.length === 0) builder.trap(TRAP.FETCH_FAULT, pc, firstUnreadable(source, pc));
  else builder.jump(next);
  return finish();
}

/** Distance from `pc` to the first byte that cannot be fetched. */
function firstUnreadable(source: CodeSource, pc: number): number {
  let distance = 0;
  while (source.readU8(pc + distance) >= 0) distance++;
  return distance;
}
