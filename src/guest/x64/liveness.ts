/**
 * Which status flags someone may read after each instruction of a block. Two sources: the instructions that follow in the
 * block, and past its end the first instructions at each place that the block's terminator names. That look-ahead stays on
 * the pages that the block itself lies on, because changed code drops translations by page: a block never relies on
 * bytes whose change would leave it valid. Where the look-ahead cannot see, all flags count as read.
 */
import type { CodeSource } from '../guest.ts';
import { decode, type Instruction } from './decode.ts';
import { flagEffects, type FlagEffects } from './flag-effects.ts';
import { STATUS_FLAGS } from './state.ts';

const NO_EFFECT: FlagEffects = { reads: 0, kills: 0, writes: 0 };
const LOOK_AHEAD = 12;
const PAGE = 4096;

export function effectsOf({ row }: Instruction): FlagEffects {
  if (row === null) return { reads: STATUS_FLAGS, kills: 0, writes: 0 };
  return flagEffects[row.name] ?? NO_EFFECT;
}

/** Flags wanted before an instruction, from those wanted after it. */
function before(instruction: Instruction, after: number): number {
  const { reads, kills } = effectsOf(instruction);
  return reads | (after & ~kills);
}

/** Where control may go on after an instruction that ends a block: null when that is not known. */
export function successors(instruction: Instruction): readonly number[] | null {
  const { row, next } = instruction;
  if (row === null) return null;
  const displacement = instruction.immediates[0] ?? 0;
  if (row.name.startsWith('j') || /^(call|loop)/.test(row.name)) {
    if (row.operands[0]?.source !== 'relative') return null;
    const target = next + displacement;
    return row.name === 'jmp' || row.name === 'call' ? [target] : [target, next];
  }
  // Repetition comes back to the instruction itself, which adds nothing to what is read behind it.
  return endsBlock(instruction) && !row.repeatable ? null : [next];
}

const ENDING: ReadonlySet<string> = new Set(
  'ret syscall call int int1 int3 ud0 ud1 ud2 hlt cli sti in out rdmsr wrmsr rdpmc clts invd wbinvd popf'.split(' '),
);

/** True for instructions after which nothing more can be lifted into the same block. */
export function endsBlock({ row, repeat }: Instruction): boolean {
  if (row === null || (row.repeatable && repeat !== 'none')) return true;
  return ENDING.has(row.name) || /^j|^loop/.test(row.name);
}

class LookAhead {
  readonly #source: CodeSource;
  readonly #firstPage: number;
  readonly #lastPage: number;

  constructor(source: CodeSource, start: number, end: number) {
    this.#source = source;
    this.#firstPage = Math.floor(start / PAGE);
    this.#lastPage = Math.floor((end - 1) / PAGE);
  }

  /** Flags that code at `pc` may read before it writes them, of those in `wanted`. */
  wantedAt(pc: number, wanted = STATUS_FLAGS): number {
    let open = wanted;
    let read = 0;
    let at = pc;
    for (let count = 0; count < LOOK_AHEAD && open !== 0; count++) {
      const instruction = this.#decode(at);
      if (instruction === null) break;
      const { reads, kills } = effectsOf(instruction);
      read |= reads & open;
      open &= ~kills & ~read;
      const next = successors(instruction);
      if (next?.length !== 1) break;
      at = next[0] ?? at;
    }
    return read | open;
  }

  #decode(pc: number): Instruction | null {
    if (!this.#isNear(pc)) return null;
    const instruction = decode(this.#source, pc);
    return instruction !== null && this.#isNear(instruction.next - 1) ? instruction : null;
  }

  #isNear(pc: number): boolean {
    const page = Math.floor(pc / PAGE);
    return page >= this.#firstPage && page <= this.#lastPage;
  }
}

/** For each instruction of a block: the flags that may be read after it. */
export function liveFlags(source: CodeSource, instructions: readonly Instruction[]): number[] {
  const [first, last] = [instructions[0], instructions.at(-1)];
  if (first === undefined || last === undefined) return [];
  const ahead = new LookAhead(source, first.pc, last.next);
  const next = successors(last);
  let live = next === null ? STATUS_FLAGS : next.reduce((all, pc) => all | ahead.wantedAt(pc), 0);
  const result = new Array<number>(instructions.length).fill(0);
  for (let index = instructions.length - 1; index >= 0; index--) {
    const instruction = instructions[index];
    if (instruction === undefined) continue;
    result[index] = live;
    live = before(instruction, live);
  }
  return result;
}
