/** The locals that hold a region's slots, and the code that moves sets of them from and to the vCPU block. */
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
      return (used & bit) === 0n ? [] : [{ bit, offset, type, local: body.local(type) }];
    });
    this.#byOffset = new Map(this.#slots.map((slot) => [slot.offset, slot]));
  }

  /** The local of the slot at an offset in the vCPU block. */
  at(offset: number): number {
    return defined(this.#byOffset.get(offset), 'a slot that the region uses').local;
  }

  load(set: SlotSet): void {
    for (const { bit, local, offset, type } of this.#slots) {
      if ((set & bit) === 0n) continue;
      this.#body.localGet(this.#vcpu);
      this.#body.load(`${type}.load` satisfies InstructionName, offset);
      this.#body.localSet(local);
    }
  }

  store(set: SlotSet): void {
    for (const { bit, local, offset, type } of this.#slots) {
      if ((set & bit) === 0n) continue;
      this.#body.localGet(this.#vcpu);
      this.#body.localGet(local);
      this.#body.store(`${type}.store` satisfies InstructionName, offset);
    }
  }
}
