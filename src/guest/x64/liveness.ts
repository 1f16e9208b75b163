/**
 * Which status flags someone may read after each instruction of a block. Two sources: the instructions that follow in the
 * block, and past its end the code that the block's terminator leads to, along both ways of a branch and into a callee.
 * The block relies on that code too: pages besides its own are noted, so that a change there drops its translation as
 * well. Where the look-ahead cannot see, all flags count as read.
 */
import type { CodeSource } from '../guest.ts';
import { decode, type Instruction } from './decode.ts';
import { flagEffects, type FlagEffects } from './flag-effects.ts';
import { STATUS_FLAGS } from './state.ts';

const NO_EFFECT: FlagEffects = { reads: 0, kills: 0, writes: 0 };
/** Instructions looked at past the end of a block: nearly all flags are overwritten after two or three, on each way. */
const LOOK_AHEAD = 32;
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
  'ret retf iret syscall call callf int int1 int3 ud0 ud1 ud2 hlt cli sti in out rdmsr wrmsr rdpmc clts invd wbinvd popf'.split(
    ' ',
  ),
);

/** True for instructions after which nothing more can be lifted into the same block. */
export function endsBlock({ row, repeat }: Instruction): boolean {
  if (row === null || (row.repeatable && repeat !== 'none')) return true;
  return ENDING.has(row.name) || /^j|^loop/.test(row.name);
}

class LookAhead {
  readonly #source: CodeSource;
  /** Flags asked for at a pc so far. */
  readonly #asked = new Map<number, number>();
  #left = LOOK_AHEAD;
  /** Pages of the code looked at. */
  readonly pages = new Set<number>();

  constructor(source: CodeSource) {
    this.#source = source;
  }

  /** Flags that code at `pcs` may read before it writes them. */
  wantedAt(pcs: readonly number[]): number {
    const work = pcs.map((pc) => ({ pc, open: STATUS_FLAGS }));
    let read = 0;
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const asked = this.#asked.get(next.pc) ?? 0;
      const open = next.open & ~read & ~asked;
      if (open === 0) continue;
      this.#asked.set(next.pc, asked | open);
      const instruction = this.#left-- > 0 ? this.#decode(next.pc) : null;
      if (instruction === null) {
        read |= open;
        continue;
      }
      const { reads, kills } = effectsOf(instruction);
      read |= reads & open;
      const still = open & ~kills & ~read;
      const ways = successors(instruction);
      if (ways === null) read |= still;
      else for (const pc of ways) work.push({ pc, open: still });
    }
    return read;
  }

  #decode(pc: number): Instruction | null {
    const instruction = decode(this.#source, pc);
    if (instruction === null) return null;
    this.pages.add(Math.floor(pc / PAGE)).add(Math.floor((instruction.next - 1) / PAGE));
    return instruction;
  }
}

export interface FlagLiveness {
  /** For each instruction of the block: the flags that may be read after it. */
  readonly live: readonly number[];
  /** Pages that the answer depends on, besides those of the block. */
  readonly pages: readonly number[];
}

export function liveFlags(source: CodeSource, instructions: readonly Instruction[]): FlagLiveness {
  const [first, last] = [instructions[0], instructions.at(-1)];
  if (first === undefined || last === undefined) return { live: [], pages: [] };
  const ahead = new LookAhead(source);
  const next = successors(last);
  let live = next === null ? STATUS_FLAGS : ahead.wantedAt(next);
  const result = new Array<number>(instructions.length).fill(0);
  for (let index = instructions.length - 1; index >= 0; index--) {
    const instruction = instructions[index];
    if (instruction === undefined) continue;
    result[index] = live;
    live = before(instruction, live);
  }
  const own = (page: number): boolean =>
    page >= Math.floor(first.pc / PAGE) && page <= Math.floor((last.next - 1) / PAGE);
  return { live: result, pages: [...ahead.pages].filter((page) => !own(page)) };
}
