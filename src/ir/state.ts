/** Guest state as a list of typed slots in the vCPU block. */
import { assert } from '../common/assert.ts';
import { GUEST_STATE, TEMPORARIES } from './vcpu-layout.ts';
import { valueSize, type ValueType } from './types.ts';

export interface Slot {
  readonly name: string;
  readonly type: ValueType;
  /** Byte offset in the vCPU block, aligned to the type's size. */
  readonly offset: number;
}

/** How a 32-bit result fills a 64-bit register: with copies of its sign, or with zeros. */
export type Extension = 'sign' | 'zero';

/** The slots of one guest, in declaration order. */
export class StateLayout {
  readonly slots: readonly Slot[];
  /** What the guest's 32-bit instructions do, so that regions hold such values in 32 bits; see narrow.ts. */
  readonly extension: Extension;
  readonly #byName: ReadonlyMap<string, Slot>;
  readonly #byOffset: ReadonlyMap<number, Slot>;

  constructor(
    declarations: readonly { readonly name: string; readonly type: ValueType }[],
    extension: Extension = 'sign',
  ) {
    this.extension = extension;
    let offset = GUEST_STATE;
    this.slots = declarations.map(({ name, type }) => {
      const size = valueSize[type];
      offset = (offset + size - 1) & -size;
      const slot: Slot = { name, type, offset };
      offset += size;
      return slot;
    });
    assert(offset <= TEMPORARIES, 'guest state does not fit in the vCPU block');
    this.#byName = new Map(this.slots.map((slot) => [slot.name, slot]));
    this.#byOffset = new Map(this.slots.map((slot) => [slot.offset, slot]));
    assert(this.#byName.size === this.slots.length, 'slot names must differ');
  }

  /** The slot called `name`; a name that the guest doesn't have is a RangeError. */
  slot(name: string): Slot {
    const slot = this.#byName.get(name);
    if (slot === undefined) throw new RangeError(`no state slot is called ${name}`);
    return slot;
  }

  /** The slot that starts at `offset`, if any. */
  at(offset: number): Slot | undefined {
    return this.#byOffset.get(offset);
  }
}
