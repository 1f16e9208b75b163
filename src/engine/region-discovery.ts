/** Finds the blocks of a region: everything that direct branches reach from an entry, calls stepped over. */
import { defined } from '../common/assert.ts';
import { finish, type Steps } from '../common/steps.ts';
import type { Block } from '../ir/block.ts';
import { TRAP } from '../ir/block.ts';
import { lastInstructionPc, type JumpTargets } from '../ir/region.ts';

export interface DiscoveryOptions {
  /** Lifts at most `maxInstructions` guest instructions at `pc`. */
  readonly lift: (pc: number, maxInstructions: number) => Block;
  /** True where code has been executed before. */
  readonly isKnown: (pc: number) => boolean;
  /** Where the indirect jump at a pc has gone. */
  readonly targetsOf: JumpTargets;
  /** True for the begin of another function, which a jump leads to at the end of this one. */
  readonly isTailCall: (pc: number) => boolean;
  /** Guest instructions in a region at most. */
  readonly maxInstructions: number;
  /** Of them, at most this many that were never executed. */
  readonly maxUnknown: number;
}

const MAX_BLOCK = 256;

/** Guest pcs at which execution may go on after a block, inside the same function. */
export function continuations(
  block: Block,
  { targetsOf, isTailCall }: Pick<DiscoveryOptions, 'targetsOf' | 'isTailCall'>,
): readonly number[] {
  const { terminator } = block;
  switch (terminator.kind) {
    case 'jump':
      if (terminator.hint === 'call' && terminator.returnPc !== null) return [terminator.returnPc];
      return isTailCall(terminator.target) ? [] : [terminator.target];
    case 'branch':
      return [terminator.taken, terminator.fallthrough];
    case 'indirect':
      if (terminator.hint === 'call' && terminator.returnPc !== null) return [terminator.returnPc];
      return targetsOf(lastInstructionPc(block));
    case 'syscall':
    case 'trap':
    case 'resync':
      return [];
  }
}

/** The region's blocks, the first entry's first; no two share an instruction. */
export function discoverBlocks(entries: readonly number[], options: DiscoveryOptions): Block[] {
  return finish(discoverSteps(entries, options));
}

/** The same, a block at a time. */
export function discoverSteps(entries: readonly number[], options: DiscoveryOptions): Steps<Block[]> {
  return new Discovery(options).run(entries);
}

class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #blocks = new Map<number, Block>();
  /** Guest instruction pc to the pc of the block that holds it. */
  readonly #owner = new Map<number, number>();
  #instructions = 0;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  *run(entries: readonly number[]): Steps<Block[]> {
    const { isKnown, maxInstructions, maxUnknown } = this.#options;
    const known = [...entries];
    const [entry] = entries;
    // What was never executed comes last and in small amounts: it costs as much to compile as the rest.
    const unknown: number[] = [];
    let unknownInstructions = 0;
    for (;;) {
      const fromKnown = known.shift();
      const pc = fromKnown ?? unknown.shift();
      if (pc === undefined) break;
      if (this.#blocks.has(pc)) continue;
      if (pc !== entry && this.#instructions >= maxInstructions) continue;
      if (fromKnown === undefined && unknownInstructions >= maxUnknown) continue;
      const block = this.#add(pc);
      if (block === null) continue;
      if (fromKnown === undefined) unknownInstructions += block.guestInstructions;
      for (const next of continuations(block, this.#options)) (isKnown(next) ? known : unknown).push(next);
      yield;
    }
    return [...this.#blocks.values()];
  }

  #add(pc: number): Block | null {
    const owner = this.#owner.get(pc);
    if (owner !== undefined) this.#cut(owner, pc);
    let block = this.#options.lift(pc, MAX_BLOCK);
    const { terminator } = block;
    if (block.guestInstructions === 0 && terminator.kind === 'trap' && terminator.trap === TRAP.FETCH_FAULT)
      return null;
    // Tier 0 executes all of an instruction that ends in a resync; what of it a region did before would be done twice.
    if (terminator.kind === 'resync') {
      if (block.guestInstructions === 1) return null;
      block = this.#options.lift(pc, block.guestInstructions - 1);
    }
    const next = instructionPcs(block).findIndex((at, index) => index > 0 && this.#blocks.has(at));
    if (next > 0) block = this.#options.lift(pc, next);
    this.#put(block);
    return block;
  }

  /** Ends the block at `start` before the instruction at `pc`. */
  #cut(start: number, pc: number): void {
    const block = defined(this.#blocks.get(start), 'an owner is a block');
    const pcs = instructionPcs(block);
    this.#instructions -= block.guestInstructions;
    for (const at of pcs) this.#owner.delete(at);
    this.#put(this.#options.lift(start, pcs.indexOf(pc)));
  }

  #put(block: Block): void {
    this.#blocks.set(block.pc, block);
    this.#instructions += block.guestInstructions;
    for (const at of instructionPcs(block)) if (at !== block.pc) this.#owner.set(at, block.pc);
  }
}

function instructionPcs(block: Block): number[] {
  const pcs: number[] = [];
  for (const inst of block.instructions) if (inst.kind === 'instruction') pcs.push(inst.lo >>> 0);
  return pcs;
}
