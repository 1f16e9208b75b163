/** Random sound blocks for property tests, and a deterministic machine to evaluate them on. */
import fc from 'fast-check';
import type { Block } from '../block.ts';
import { TRAP } from '../block.ts';
import { BlockBuilder, type Value } from '../builder.ts';
import type { EvaluationMachine } from '../evaluate.ts';
import { opList, type OpName } from '../ops.ts';
import type { Op } from '../op.ts';
import { printBlock } from '../print.ts';
import { packLanes } from '../shuffle.ts';
import { StateLayout, type Slot } from '../state.ts';
import { valueSize, type ValueType } from '../types.ts';

export const testLayout = new StateLayout([
  { name: 'x1', type: 'i64' },
  { name: 'x2', type: 'i64' },
  { name: 'w1', type: 'i32' },
  { name: 's1', type: 'f32' },
  { name: 'd1', type: 'f64' },
  { name: 'q1', type: 'v128' },
  { name: 'x3', type: 'i64' },
]);

const PC = 0x10000;
const INTERESTING = [
  ...[0n, 1n, 2n, 8n, 16n, 31n, 32n, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn],
  ...[(1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
];

/** The operations that passes have rules for come up more often. */
const favourites = opList.filter(({ name }) =>
  /^i(32|64)\.(add|sub|mul|and|or|xor|shl|shr_u|eqz|ne|eq|[lg][te]_[su]|extend32_s|extend_i32_[su]|wrap_i64|select|load|load32_[su]|load16_[su])$/.test(
    name,
  ),
);

interface Step {
  readonly kind: number;
  readonly choice: number;
  readonly operands: readonly [number, number, number];
  readonly bits: bigint;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat(99),
  choice: fc.nat(10_000),
  operands: fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)),
  bits: fc.oneof(fc.constantFrom(...INTERESTING), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
});

/** Sound blocks of up to about 60 instructions. */
export const randomBlock: fc.Arbitrary<Block> = fc
  .tuple(fc.array(step, { maxLength: 60 }), fc.nat(6))
  .map(([steps, ending]) => {
    const block = new RandomBlock().build(steps, ending);
    return Object.assign(block, { [fc.toStringMethod]: () => printBlock(block) });
  });

class RandomBlock {
  readonly #builder = new BlockBuilder(testLayout, PC, 0);
  readonly #values: Value[] = [];
  #pc = PC;
  #changed = false;

  build(steps: readonly Step[], ending: number): Block {
    this.#marker();
    for (const one of steps) this.#step(one);
    this.#sink();
    this.#marker();
    this.#end(ending);
    return this.#builder.finish();
  }

  #marker(): void {
    this.#builder.instruction(this.#pc, 4);
    this.#pc += 4;
    this.#changed = false;
  }

  #step({ kind, choice, operands, bits }: Step): void {
    const slot = testLayout.slots[choice % testLayout.slots.length]!;
    if (kind < 10) this.#marker();
    else if (kind < 20) this.#add(this.#builder.get(slot));
    else if (kind < 35) this.#set(slot, operands[0]);
    else if (kind < 40) this.#constant('i64', bits);
    else if (kind < 45) this.#trapIf(operands[0]);
    else this.#operation(pick(kind < 75 ? favourites : opList, choice), operands, bits);
  }

  /** Stores every operation's value, so that the machine's log shows it. */
  #sink(): void {
    const results = this.#values.filter(({ kind }) => kind === 'op');
    const address = this.#constant('i64', 0x1000n);
    for (const [index, value] of results.entries()) {
      this.#marker();
      this.#builder.opImm(`${value.type!}.store`, 16 * index, address, value);
    }
  }

  #set(slot: Slot, which: number): void {
    this.#builder.set(slot, this.#value(slot.type, which));
    this.#changed = true;
  }

  #trapIf(which: number): void {
    if (this.#changed) return;
    // Equality is rare, so that most blocks go on.
    const rare = this.#builder.op('i32.eq', this.#value('i32', which), this.#constant('i32', BigInt(which) | 0x40000n));
    const condition = which % 3 === 0 ? this.#builder.op('i32.ne', rare, this.#constant('i32', 0n)) : rare;
    this.#builder.trapIf(which % 10 === 1 ? this.#value('i32', which) : condition, TRAP.BREAKPOINT);
  }

  #operation(op: Op, operands: readonly [number, number, number], bits: bigint): void {
    const values = op.params.map((type, index) => this.#value(type, operands[index] ?? 0));
    const name = op.name as OpName;
    let inst: Value;
    if (op.immediate === 'shuffle') {
      const lanes = Array.from({ length: 16 }, (_, i) => (operands[0] * (i + 1)) % 32);
      inst = this.#builder.opWide(name, ...packLanes(lanes), values[0], values[1]);
    } else {
      const lane = Number(bits % 2n);
      const immediate =
        op.immediate === undefined ? 0 : op.immediate === 'offset' ? Number(BigInt.asIntN(32, bits)) : lane;
      inst = this.#builder.opImm(name, immediate, values[0], values[1], values[2]);
    }
    if (op.effect === 'store' || op.effect === 'atomic') this.#changed = true;
    this.#add(inst);
  }

  /** An earlier value of the type, or a constant. */
  #value(type: ValueType, which: number): Value {
    const candidates = this.#values.filter((value) => value.type === type).slice(-6);
    if (candidates.length > 0 && which % 2 !== 0) return pick(candidates, which >> 1);
    return this.#constant(type, pick(INTERESTING, which >> 1));
  }

  #constant(type: ValueType, bits: bigint): Value {
    const builder = this.#builder;
    switch (type) {
      case 'i32':
        return this.#add(builder.i32(Number(BigInt.asIntN(32, bits))));
      case 'i64':
        return this.#add(builder.i64Bits(bits));
      case 'f32':
        return this.#add(builder.f32Bits(Number(BigInt.asIntN(32, bits))));
      case 'f64':
        return this.#add(builder.f64Bits(bits));
      case 'v128':
        return this.#add(builder.v128(bits, bits ^ 0xffn));
    }
  }

  #add(value: Value): Value {
    if (value.type !== null) this.#values.push(value);
    return value;
  }

  #end(ending: number): void {
    const builder = this.#builder;
    switch (ending) {
      case 0:
        return builder.jump(0x2000, 'call', this.#pc);
      case 1:
        return builder.branch(this.#value('i32', 1), 0x2000, this.#pc);
      case 2:
        return builder.indirect(this.#value('i64', 1), 'return');
      case 3:
        return builder.syscall(this.#pc);
      case 4:
        return builder.trap(TRAP.ILLEGAL_INSTRUCTION, this.#pc - 4, -1);
      case 5:
        return builder.branch(this.#value('i32', 0), 0x2000, this.#pc);
      default:
        return builder.resync(this.#pc, true);
    }
  }
}

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!;
}

/** Results are a function of the operands, memory content of the address; what happened is logged with the state. */
export class TestMachine implements EvaluationMachine {
  readonly slots = new Map<string, bigint>();
  readonly log: string[] = [];
  readonly #memory = new Map<bigint, number>();

  constructor() {
    for (const { name, type } of testLayout.slots) this.slots.set(name, truncate(mix(BigInt(name.length), name), type));
  }

  readSlot(slot: Slot): bigint {
    return this.slots.get(slot.name)!;
  }

  writeSlot(slot: Slot, bits: bigint): void {
    this.slots.set(slot.name, bits);
  }

  load(vaddr: bigint, width: number): bigint | null {
    this.#event(`load ${width} ${vaddr}`);
    if (faults(vaddr)) return null;
    let bits = 0n;
    for (let i = width - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(this.#byte(vaddr + BigInt(i)));
    return bits;
  }

  store(vaddr: bigint, width: number, bits: bigint): boolean {
    this.#event(`store ${width} ${vaddr} ${bits}`);
    if (faults(vaddr)) return false;
    for (let i = 0; i < width; i++) this.#memory.set(vaddr + BigInt(i), Number((bits >> BigInt(8 * i)) & 0xffn));
    return true;
  }

  operation(op: Op, operands: readonly bigint[], { lo, hi, wide }: { lo: number; hi: number; wide: bigint }): bigint {
    const ordered = op.commutative === true ? [...operands].sort((a, b) => (a < b ? -1 : 1)) : operands;
    const text = `${op.name} ${ordered.join()} ${lo} ${hi} ${wide}`;
    if (op.effect !== 'pure') this.#event(text);
    return op.result === null ? 0n : truncate(mix(1n, text), op.result);
  }

  /** What runs outside the block may look at the state, so the state is part of the log. */
  #event(text: string): void {
    this.log.push(`${text} with ${[...this.slots.values()].join()}`);
  }

  #byte(at: bigint): number {
    return this.#memory.get(at) ?? Number(mix(at, 'memory') & 0xffn);
  }
}

/** One page in 32 is not mapped. */
function faults(vaddr: bigint): boolean {
  return (vaddr >> 12n) % 32n === 31n;
}

function truncate(bits: bigint, type: ValueType): bigint {
  return BigInt.asUintN(8 * valueSize[type], bits);
}

function mix(seed: bigint, text: string): bigint {
  let hash = seed ^ 0xcbf29ce484222325n;
  for (const character of text) hash = BigInt.asUintN(128, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  return hash ^ (hash >> 37n) ^ (hash << 64n);
}
