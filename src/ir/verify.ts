/** States what is wrong with a block. Every pass must give a block of which nothing is wrong. */
import { TRAP, type Block, type Inst } from './block.ts';
import type { Op } from './op.ts';
import { shuffleLanes } from './shuffle.ts';
import type { ValueType } from './types.ts';

/** One sentence for each rule that `block` breaks; none if it is sound. */
export function verifyBlock(block: Block): string[] {
  return new Verifier(block).verify();
}

const trapCodes: ReadonlySet<number> = new Set(Object.values(TRAP));

class Verifier {
  readonly #block: Block;
  readonly #problems: string[] = [];
  readonly #defined = new Set<Inst>();
  readonly #uses = new Map<Inst, number>();
  /** Description of the place being checked. */
  #place = '';
  #guestInstructions = 0;
  /** The current guest instruction has changed state or memory. */
  #changed = false;

  constructor(block: Block) {
    this.#block = block;
  }

  verify(): string[] {
    this.#block.instructions.forEach((inst, index) => {
      this.#place = `instruction ${String(index)} (${inst.op?.name ?? inst.kind})`;
      for (const operand of [inst.a, inst.b, inst.c]) if (operand !== null) this.#use(operand);
      this.#inst(inst);
      this.#check(!this.#defined.has(inst), 'occurs twice');
      this.#check(inst.lo === (inst.lo | 0) && inst.hi === (inst.hi | 0), 'has an immediate beyond 32 bits');
      this.#defined.add(inst);
    });
    this.#terminator();
    this.#counts();
    return this.#problems;
  }

  #inst(inst: Inst): void {
    switch (inst.kind) {
      case 'instruction':
        this.#marker(inst);
        break;
      case 'const':
        this.#check(inst.type !== null, 'has no type');
        this.#check(inst.hi === 0 || (inst.type !== 'i32' && inst.type !== 'f32'), 'has more bits than its type');
        break;
      case 'get':
        this.#slot(inst, inst.type);
        break;
      case 'set':
        this.#slot(inst, inst.a?.type ?? null);
        this.#check(inst.a !== null && inst.type === null, 'must have one operand and no result');
        this.#changed = true;
        break;
      case 'trap_if':
        this.#check(inst.a?.type === 'i32', 'needs an i32 condition');
        this.#check(trapCodes.has(inst.lo), `has the unknown trap code ${String(inst.lo)}`);
        this.#check(!this.#changed, 'comes after its guest instruction changed state or memory');
        this.#check(this.#guestInstructions > 0, 'belongs to no guest instruction');
        break;
      case 'op':
        if (inst.op === null) this.#problem('has no row');
        else this.#operation(inst, inst.op);
        break;
    }
  }

  #marker(inst: Inst): void {
    const { pc, endPc } = this.#block;
    const offset = (inst.lo - (pc | 0)) >>> 0;
    this.#check(inst.hi > 0 && offset + inst.hi <= endPc - pc, 'lies outside the block');
    this.#guestInstructions++;
    this.#changed = false;
  }

  #operation(inst: Inst, op: Op): void {
    const operands = [inst.a, inst.b, inst.c].map((operand) => operand?.type ?? null);
    operands.forEach((type, index) => {
      const wanted = op.params[index] ?? null;
      this.#check(
        type === wanted,
        `takes ${wanted ?? 'nothing'} as operand ${String(index)}, not ${type ?? 'nothing'}`,
      );
    });
    this.#check(inst.type === op.result, `gives ${op.result ?? 'nothing'}, not ${inst.type ?? 'nothing'}`);
    this.#immediate(inst, op);
    if (op.effect === 'pure') return;
    this.#check(this.#guestInstructions > 0, 'belongs to no guest instruction');
    if (op.effect === 'store' || op.effect === 'atomic') this.#changed = true;
  }

  #immediate(inst: Inst, op: Op): void {
    switch (op.immediate) {
      case undefined:
        this.#check(inst.lo === 0 && inst.hi === 0 && inst.wide === 0n, 'takes no immediate');
        break;
      case 'offset':
      case 'index':
        this.#check(inst.hi === 0 && inst.wide === 0n, 'has an immediate of more than 32 bits');
        break;
      case 'lane':
        this.#check(inst.lo >= 0 && inst.lo < laneCount(op), `has no lane ${String(inst.lo)}`);
        break;
      case 'shuffle':
        this.#check(
          shuffleLanes(inst).every((lane) => lane < 32),
          'selects a lane over 31',
        );
        break;
    }
  }

  #slot(inst: Inst, type: ValueType | null): void {
    const slot = this.#block.layout.at(inst.lo);
    if (slot === undefined) this.#problem(`names no slot (offset ${String(inst.lo)})`);
    else this.#check(slot.type === type, `has ${type ?? 'nothing'} for slot ${slot.name} of type ${slot.type}`);
  }

  #terminator(): void {
    const { terminator } = this.#block;
    this.#place = `terminator (${terminator.kind})`;
    switch (terminator.kind) {
      case 'jump':
        this.#target(terminator.target);
        break;
      case 'branch':
        this.#use(terminator.condition);
        this.#check(terminator.condition.type === 'i32', 'needs an i32 condition');
        this.#target(terminator.taken);
        this.#target(terminator.fallthrough);
        break;
      case 'indirect':
        this.#use(terminator.target);
        this.#check(terminator.target.type === 'i64', 'needs an i64 target');
        break;
      case 'syscall':
      case 'resync':
        this.#target(terminator.next);
        break;
      case 'trap':
        this.#target(terminator.pc);
        this.#check(trapCodes.has(terminator.trap), `has the unknown trap code ${String(terminator.trap)}`);
        this.#check(!this.#changed, 'comes after its guest instruction changed state or memory');
        break;
    }
  }

  #counts(): void {
    const { instructions, guestInstructions } = this.#block;
    this.#place = 'the block';
    const marked = String(this.#guestInstructions);
    this.#check(
      guestInstructions === this.#guestInstructions,
      `counts ${String(guestInstructions)} guest instructions but marks ${marked}`,
    );
    instructions.forEach((inst, index) => {
      this.#place = `instruction ${String(index)} (${inst.op?.name ?? inst.kind})`;
      const uses = this.#uses.get(inst) ?? 0;
      this.#check(inst.uses === uses, `counts ${String(inst.uses)} uses but has ${String(uses)}`);
    });
  }

  #target(pc: number): void {
    this.#check(Number.isSafeInteger(pc) && pc >= 0, `goes to ${String(pc)}, which is no address`);
  }

  #use(value: Inst): void {
    this.#check(this.#defined.has(value), 'uses a value that is not defined before it');
    this.#check(value.type !== null, 'uses an instruction that gives no value');
    this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
  }

  #check(condition: boolean, problem: string): void {
    if (!condition) this.#problem(problem);
  }

  #problem(problem: string): void {
    this.#problems.push(`${this.#place} ${problem}.`);
  }
}

/** Lanes of the shape in the name of a lane operation, such as 4 of `i32x4.extract_lane`. */
function laneCount(op: Op): number {
  return Number(/x(\d+)\./.exec(op.name)?.[1] ?? 0);
}
