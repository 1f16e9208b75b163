/**
 * Blocks as text, for people, tests and diagnostics. `parse.ts` reads it back exactly. Values are numbered in order,
 * so equal blocks print equal. A block looks like this:
 *
 *   block 0x10000 mode 0 end 0x10006
 *     at 0x10000 length 4
 *       v0 = get x2
 *       v1 = i64.load v0 offset=8
 *       set x10, v1
 *     at 0x10004 length 2
 *       v2 = get x1
 *       indirect v2 return
 */
import { defined } from '../common/assert.ts';
import { TRAP, type Block, type Inst, type Terminator } from './block.ts';
import { constantBits } from './constant.ts';
import { shuffleLanes } from './shuffle.ts';
import type { StateLayout } from './state.ts';

/** Names of the trap codes in the textual form. */
export const trapNames: ReadonlyMap<number, string> = new Map(
  Object.entries(TRAP).map(([name, code]) => [code, name.toLowerCase()]),
);

/** The block as text, ending in a line feed. */
export function printBlock(block: Block): string {
  const names = new Map<Inst, string>();
  for (const inst of block.instructions) if (inst.type !== null) names.set(inst, `v${String(names.size)}`);
  const lines = [`block ${hex(block.pc)} mode ${String(block.mode)} end ${hex(block.endPc)}`];
  for (const inst of block.instructions) lines.push(printInst(inst, block.layout, names));
  lines.push(`    ${printTerminator(block.terminator, names)}`);
  return `${lines.join('\n')}\n`;
}

function printInst(inst: Inst, layout: StateLayout, names: ReadonlyMap<Inst, string>): string {
  const result = inst.type === null ? '    ' : `    ${nameOf(inst, names)} = `;
  switch (inst.kind) {
    case 'instruction':
      return `  at ${hex(inst.lo >>> 0)} length ${String(inst.hi)}`;
    case 'const':
      return `${result}${defined(inst.type, 'a constant has a type')}.const ${printConstant(inst)}`;
    case 'get':
      return `${result}get ${slotName(inst.lo, layout)}`;
    case 'set':
      return `${result}set ${slotName(inst.lo, layout)}, ${nameOf(inst.a, names)}`;
    case 'trap_if':
      return `${result}trap_if ${nameOf(inst.a, names)}, ${trapName(inst.lo)}`;
    case 'op': {
      const { name, immediate } = defined(inst.op, 'an operation has its row');
      const operands = [inst.a, inst.b, inst.c].flatMap((operand) => (operand ? [nameOf(operand, names)] : []));
      const arguments_ = operands.length > 0 ? ` ${operands.join(', ')}` : '';
      return `${result}${name}${arguments_}${immediate === undefined ? '' : printImmediate(inst, immediate)}`;
    }
  }
}

function printImmediate(inst: Inst, kind: 'offset' | 'lane' | 'shuffle' | 'index'): string {
  switch (kind) {
    case 'offset':
      return inst.lo === 0 ? '' : ` offset=${String(inst.lo)}`;
    case 'lane':
    case 'index':
      return ` ${kind}=${String(inst.lo)}`;
    case 'shuffle':
      return ` lanes=${shuffleLanes(inst).join()}`;
  }
}

/** Small integers in decimal, everything else as bits in hexadecimal. */
function printConstant(inst: Inst): string {
  const bits = constantBits(inst);
  if (inst.type === 'i32' || inst.type === 'i64') {
    const value = BigInt.asIntN(inst.type === 'i32' ? 32 : 64, bits);
    if (value >= -0x8000n && value <= 0xffffn) return String(value);
  }
  return `0x${bits.toString(16)}`;
}

function printTerminator(terminator: Terminator, names: ReadonlyMap<Inst, string>): string {
  switch (terminator.kind) {
    case 'jump':
      return `jump ${hex(terminator.target)}${printHint(terminator)}`;
    case 'branch': {
      const { condition, taken, fallthrough } = terminator;
      return `branch ${nameOf(condition, names)}, ${hex(taken)}, ${hex(fallthrough)}`;
    }
    case 'indirect':
      return `indirect ${nameOf(terminator.target, names)}${printHint(terminator)}`;
    case 'syscall':
      return `syscall ${hex(terminator.next)}`;
    case 'trap':
      return `trap ${trapName(terminator.trap)} at ${hex(terminator.pc)} detail ${hex(terminator.detail >>> 0)}`;
    case 'resync':
      return `resync ${hex(terminator.next)}${terminator.flushCode ? ' flush' : ''}`;
  }
}

function printHint({ hint, returnPc }: { readonly hint: string; readonly returnPc: number | null }): string {
  const word = hint === 'jump' ? '' : ` ${hint}`;
  return returnPc === null ? word : `${word} returns ${hex(returnPc)}`;
}

/** A name even for what the verifier refuses, so that refused blocks can be shown. */
function nameOf(inst: Inst | null, names: ReadonlyMap<Inst, string>): string {
  return (inst && names.get(inst)) ?? '<undefined>';
}

function slotName(offset: number, layout: StateLayout): string {
  return layout.at(offset)?.name ?? `<slot at ${String(offset)}>`;
}

function trapName(code: number): string {
  return trapNames.get(code) ?? `<trap ${String(code)}>`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
