/** Random instructions on the host's own processor and in Hospes; see main.mjs. */
import { disassemble } from '../../../src/guest/x64/disassemble.ts';
import { CODE, DATA, Machine, type MachineState, type Outcome } from '../../guest-asm/x64/machine.ts';
import { Native } from '../../guest-asm/x64/native.ts';
import { generator, randomMemory, randomSequence, randomState, rowsMatching, type Sequence } from './generator.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Instructions in all. */
  readonly count: number;
  /** Instructions in a sequence. */
  readonly length: number;
  readonly rows: RegExp;
  readonly model: 'strict' | 'range';
  readonly tier: 0 | 1;
  /** Differences to show. */
  readonly show: number;
}

const BATCH = 500;

const NAMES = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** What differs, as lines; none where the outcomes agree. */
function differences(ours: Outcome, theirs: Outcome, defined: number): string[] {
  const lines: string[] = [];
  const trap = (outcome: Outcome): string => (outcome.trap === 'protection' ? 'fault' : outcome.trap);
  if (trap(ours) !== trap(theirs) || ours.pc !== theirs.pc)
    lines.push(`trap ${ours.trap} at ${hex(ours.pc)}, native ${theirs.trap} at ${hex(theirs.pc)}`);
  ours.registers.forEach((value, index) => {
    const other = theirs.registers[index] ?? 0n;
    if (value !== other) lines.push(`${NAMES[index] ?? ''} ${hex(value)}, native ${hex(other)}`);
  });
  const flags = (ours.flags ^ theirs.flags) & defined & 0xcd5;
  // Flags are compared where the sequence ended: inside it others may be undefined.
  if (flags !== 0 && ours.trap === 'breakpoint')
    lines.push(`flags ${hex(ours.flags)}, native ${hex(theirs.flags)} (${hex(flags)})`);
  if (Buffer.compare(ours.memory, theirs.memory) === 0) return lines;
  const at = ours.memory.findIndex((byte, index) => byte !== theirs.memory[index]);
  if (at >= 0)
    lines.push(`memory at ${hex(DATA + at)}: ${String(ours.memory[at])}, native ${String(theirs.memory[at])}`);
  return lines;
}

function listing({ code }: Sequence): string[] {
  const at = (pc: number): number => code[pc - CODE] ?? -1;
  const source = { readU8: at, readU16: at };
  const lines: string[] = [];
  for (let pc = CODE; pc < CODE + code.length;) {
    const instruction = disassemble(source, pc);
    if (instruction === null) break;
    const bytes = Buffer.from(code.subarray(pc - CODE, pc - CODE + instruction.length)).toString('hex');
    lines.push(`  ${hex(pc - CODE)}  ${bytes.padEnd(24)} ${instruction.text}`);
    pc += instruction.length;
  }
  return lines;
}

const stateText = ({ registers, flags }: MachineState): string =>
  `${registers.map((value, index) => `${NAMES[index] ?? ''}=${hex(value)}`).join(' ')} flags=${hex(flags)}`;

/** Runs until `count` instructions went through or `show` differences are found; gives how many there were. */
export function fuzz(options: FuzzOptions, print: (line: string) => void): number {
  const next = generator(options.seed);
  const rows = rowsMatching(options.rows);
  const native = new Native();
  const machine = new Machine(options.model, options.tier);
  let done = 0;
  let found = 0;
  try {
    while (done < options.count && found < options.show) {
      const memory = randomMemory(next);
      const cases = Array.from({ length: BATCH }, () => {
        const sequence = randomSequence(rows, options.length, next);
        return { sequence, code: sequence.code, start: randomState(next, memory) };
      });
      const outcomes = native.run(cases);
      for (const [index, { sequence, code, start }] of cases.entries()) {
        const theirs = outcomes[index];
        if (theirs === undefined || found >= options.show) break;
        const lines = differences(machine.run(code, start), theirs, sequence.defined);
        done += sequence.instructions.length;
        if (lines.length === 0) continue;
        found++;
        print(
          [
            'difference',
            ...listing(sequence),
            `  start: ${stateText(start)}`,
            ...lines.map((line) => `  ${line}`),
          ].join('\n'),
        );
      }
    }
  } finally {
    native.close();
  }
  const { all, compiled } = machine.retired;
  print(`${String(all)} retired, ${String(compiled)} of them in compiled regions`);
  print(`${String(done)} instructions of ${String(rows.length)} rows, ${String(found)} differences`);
  return found;
}
