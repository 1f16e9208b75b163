/**
 * The locals that hold a region's slots, and the code that moves sets of them from and to the vCPU block. A slot that holds
 * a sign extension may live in a local of 32 bits instead; which of the two is valid, the caller knows.
 */
import { defined } from '../../../common/assert.ts';
import type { SlotSet } from '../../../ir/slot-flow.ts';
import type { StateLayout } from '../../../ir/state.ts';
import type { ValueType } from '../../../ir/types.ts';
import type { FunctionBody } from '../encoder.ts';
import type { InstructionName } from '../opcodes.ts';

interface SlotLocal {
  readonly bit: SlotSet;
  readonly offset: number;
  readonly type: ValueType;
  readonly local: number;
  /** Local of its low 32 bits, -1 until one is asked for. */
  narrow: number;
}

export class SlotLocals {
  readonly #body: FunctionBody;
  readonly #vcpu: number;
  readonly #slots: readonly SlotLocal[];
  readonly #byOffset: ReadonlyMap<number, SlotLocal>;

  /** Declares a local for every slot in `used`; `vcpu` is the local with the vCPU block's host offset. */
  constructor(body: FunctionBody, layout: StateLayout, used: SlotSet, vcpu: number) {
    this.#body = body;
    this.#vcpu = vcpu;
    this.#slots = layout.slots.flatMap(({ offset, type }, index) => {
      const bit = 1n << BigInt(index);
      return (used & bit) === 0n ? [] : [{ bit, offset, type, local: body.local(type), narrow: -1 }];
    });
    this.#byOffset = new Map(this.#slots.map((slot) => [slot.offset, slot]));
  }

  /** The local of the slot at an offset in the vCPU block. */
  at(offset: number): number {
    return defined(this.#byOffset.get(offset), 'a slot that the region uses').local;
  }

  /** The 32-bit local of the slot at an offset. */
  narrowAt(offset: number): number {
    return this.#narrowOf(defined(this.#byOffset.get(offset), 'a slot that the region uses'));
  }

  #narrowOf(slot: SlotLocal): number {
    if (slot.narrow < 0) slot.narrow = this.#body.local('i32');
    return slot.narrow;
  }

  /** Makes the 64-bit locals of slots valid that lived in their 32-bit ones. */
  widen(set: SlotSet): void {
    for (const slot of this.#slots) {
      if ((set & slot.bit) === 0n) continue;
      this.#body.localGet(this.#narrowOf(slot));
      this.#body.emit('i64.extend_i32_s');
      this.#body.localSet(slot.local);
    }
  }

  load(set: SlotSet): void {
    for (const { bit, local, offset, type } of this.#slots) {
      if ((set & bit) === 0n) continue;
      this.#body.localGet(this.#vcpu);
      this.#body.load(`${type}.load` satisfies InstructionName, offset);
      this.#body.localSet(local);
    }
  }

  /** Stores slots; those in `narrow` from their 32-bit locals. */
  store(set: SlotSet, narrow: SlotSet): void {
    for (const slot of this.#slots) {
      const { bit, local, offset, type } = slot;
      if ((set & bit) === 0n) continue;
      this.#body.localGet(this.#vcpu);
      if ((narrow & bit) === 0n) {
        this.#body.localGet(local);
      } else {
        this.#body.localGet(this.#narrowOf(slot));
        this.#body.emit('i64.extend_i32_s');
      }
      this.#body.store(`${type}.store` satisfies InstructionName, offset);
    }
  }
}
