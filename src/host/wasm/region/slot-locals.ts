/**
 * The locals that hold a region's slots, and the code that moves sets of them from and to the vCPU block. A slot that holds
 * a narrow value (see ir/narrow.ts) may live in a local of 32 bits instead; which of the two is valid, the caller knows.
 */
import { defined } from '../../../common/assert.ts';
import type { SlotSet } from '../../../ir/slot-flow.ts';
import type { Extension, StateLayout } from '../../../ir/state.ts';
import type { ValueType } from '../../../ir/types.ts';
import type { FunctionBody } from '../encoder.ts';
import type { InstructionName } from '../opcodes.ts';

export interface SlotLocal {
  readonly name: string;
  readonly bit: SlotSet;
  readonly offset: number;
  readonly type: ValueType;
  readonly local: number;
  /** Local of its low 32 bits (i32, of an f64 slot f32), -1 until one is asked for. */
  narrow: number;
}

/** The type of the low half of a narrow value. */
export function narrowType(type: ValueType): 'i32' | 'f32' {
  return type === 'f64' ? 'f32' : 'i32';
}

/** From the low half of a narrow value, on the stack, to all of it. */
export function emitWiden(body: FunctionBody, type: ValueType, extension: Extension): void {
  if (type !== 'f64') {
    body.emit(extension === 'sign' ? 'i64.extend_i32_s' : 'i64.extend_i32_u');
    return;
  }
  body.emit('i32.reinterpret_f32');
  body.emit('i64.extend_i32_u');
  body.emit('i64.const', -0x100000000n);
  body.emit('i64.or');
  body.emit('f64.reinterpret_i64');
}

/** The other way round. */
export function emitNarrow(body: FunctionBody, type: ValueType): void {
  if (type === 'f64') body.emit('i64.reinterpret_f64');
  body.emit('i32.wrap_i64');
  if (type === 'f64') body.emit('f32.reinterpret_i32');
}

export class SlotLocals {
  readonly #body: FunctionBody;
  readonly #vcpu: number;
  readonly #extension: Extension;
  readonly #slots: readonly SlotLocal[];
  readonly #byOffset: ReadonlyMap<number, SlotLocal>;

  /** Declares a local for every slot in `used`; `vcpu` is the local with the vCPU block's host offset. */
  constructor(body: FunctionBody, layout: StateLayout, used: SlotSet, vcpu: number) {
    this.#body = body;
    this.#vcpu = vcpu;
    this.#extension = layout.extension;
    this.#slots = layout.slots.flatMap(({ name, offset, type }, index) => {
      const bit = 1n << BigInt(index);
      return (used & bit) === 0n ? [] : [{ name, bit, offset, type, local: body.local(type), narrow: -1 }];
    });
    this.#byOffset = new Map(this.#slots.map((slot) => [slot.offset, slot]));
  }

  /** The local of the slot at an offset in the vCPU block. */
  at(offset: number): number {
    return defined(this.#byOffset.get(offset), 'a slot that the region uses').local;
  }

  /** The slots of a set. */
  of(set: SlotSet): readonly SlotLocal[] {
    return this.#slots.filter(({ bit }) => (set & bit) !== 0n);
  }

  /** The 32-bit local of the slot at an offset. */
  narrowAt(offset: number): number {
    return this.#narrowOf(defined(this.#byOffset.get(offset), 'a slot that the region uses'));
  }

  /** Names by local, for tools: the slot's, with `.32` its 32-bit local's. */
  names(): Map<number, string> {
    return new Map(
      this.#slots.flatMap(({ name, local, narrow }): [number, string][] =>
        narrow < 0
          ? [[local, name]]
          : [
              [local, name],
              [narrow, `${name}.32`],
            ],
      ),
    );
  }

  #narrowOf(slot: SlotLocal): number {
    if (slot.narrow < 0) slot.narrow = this.#body.local(narrowType(slot.type));
    return slot.narrow;
  }

  /** Makes the 64-bit locals of slots valid that lived in their 32-bit ones. */
  widen(set: SlotSet): void {
    for (const slot of this.#slots) {
      if ((set & slot.bit) === 0n) continue;
      this.#body.localGet(this.#narrowOf(slot));
      emitWiden(this.#body, slot.type, this.#extension);
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
        emitWiden(this.#body, type, this.#extension);
      }
      this.#body.store(`${type}.store` satisfies InstructionName, offset);
    }
  }
}
