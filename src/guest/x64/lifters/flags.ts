/**
 * Status flags while a block is lifted. An instruction that sets flags only says how each would be computed; code arises
 * when someone reads one, or when a flag that is still wanted must be in its slot: before an instruction that may leave
 * the block in its middle, and at the block's end. Which flags are wanted comes from `liveness.ts`, so a flag that is
 * overwritten before anyone reads it costs nothing, and a compare with the jump behind it becomes one comparison.
 *
 * What a signal handler may notice: flags that the interrupted program overwrites before it reads them are stale in
 * its ucontext.
 */
import { assert } from '../../../common/assert.ts';
import type { BlockBuilder, Value } from '../../../ir/builder.ts';
import type { OpName } from '../../../ir/ops.ts';
import { FLAG, flagSlots, STATUS_FLAGS } from '../state.ts';

export type Width = 8 | 16 | 32 | 64;

/** How the flags of one instruction are computed. Each function emits code and gives its value. */
export interface FlagSource {
  /** The result, sign-extended to i64: ZF, SF and PF are its own. */
  readonly wide?: () => Value;
  /** The others are i32, 1 or 0. ZF, where that is cheaper than testing `wide`. */
  readonly zero?: () => Value;
  readonly sign?: () => Value;
  readonly parity?: () => Value;
  readonly carry?: () => Value;
  readonly overflow?: () => Value;
  /** i32 with AF in bit 4; other bits mean nothing. */
  readonly adjust?: () => Value;
  /** i64 for the slots `flag_zero` and `flag_sign`, where ZF and SF with PF are not those of one result. */
  readonly zeroSlot?: () => Value;
  readonly signSlot?: () => Value;
  /** The flags are those of a comparison: unsigned and signed order of two values of one type. */
  readonly compare?: Comparison;
}

export interface Comparison {
  readonly type: 'i32' | 'i64';
  readonly unsigned: readonly [() => Value, () => Value];
  readonly signed: readonly [() => Value, () => Value];
}

/** Condition codes as opcodes number them (SDM vol. 1, appendix B). */
export const CONDITIONS = [
  'o',
  'no',
  'b',
  'ae',
  'e',
  'ne',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
] as const;
export type Condition = (typeof CONDITIONS)[number];

const each = [FLAG.CF, FLAG.PF, FLAG.AF, FLAG.ZF, FLAG.SF, FLAG.OF];

interface Provider {
  readonly source: FlagSource;
  /** Values computed so far, by what they are. */
  readonly values: Map<keyof FlagSource, Value>;
}

export class Flags {
  readonly #builder: BlockBuilder;
  /** By flag; a flag that is not here lies in its slot. */
  readonly #providers: Map<number, Provider>;
  /** Flags whose slots do not hold them yet. */
  #pending = 0;

  constructor(builder: BlockBuilder, providers: ReadonlyMap<number, Provider> = new Map()) {
    this.#builder = builder;
    this.#providers = new Map(providers);
  }

  /** From now on the flags in `mask` are those of `source`. */
  define(mask: number, source: FlagSource): void {
    const provider: Provider = { source, values: new Map() };
    for (const flag of each) if ((mask & flag) !== 0) this.#providers.set(flag, provider);
    this.#pending |= mask;
  }

  /**
   * The flags in `mask` become those of `source` where `condition` (i32) is not 0, else stay what they are. Only the
   * flags in `live` get code.
   */
  defineIf(condition: Value, mask: number, live: number, source: FlagSource): void {
    const before = new Flags(this.#builder, this.#providers);
    const after = new Flags(this.#builder);
    after.define(mask, source);
    const choose = (name: OpName, read: (flags: Flags) => Value): (() => Value) => {
      return () => {
        const [then, otherwise] = [read(after), read(before)];
        return this.#builder.op(name, then, otherwise, condition);
      };
    };
    this.define(mask & live, {
      zero: choose('i32.select', (flags) => flags.zero()),
      sign: choose('i32.select', (flags) => flags.sign()),
      parity: choose('i32.select', (flags) => flags.parity()),
      carry: choose('i32.select', (flags) => flags.carry()),
      overflow: choose('i32.select', (flags) => flags.overflow()),
      adjust: choose('i32.select', (flags) => flags.adjust()),
      zeroSlot: choose('i64.select', (flags) => flags.#zeroValue()),
      signSlot: choose('i64.select', (flags) => flags.#signValue()),
    });
  }

  /** Puts the flags in `mask` into their slots, those that are not there yet. */
  flush(mask: number): void {
    const wanted = this.#pending & mask;
    if (wanted === 0) return;
    this.#pending &= ~wanted;
    const { SF, PF } = FLAG;
    if ((wanted & FLAG.ZF) !== 0) this.#builder.set(flagSlots.zero, this.#zeroValue());
    if ((wanted & (SF | PF)) !== 0) {
      this.#builder.set(flagSlots.sign, this.#signValue());
      this.#pending &= ~(SF | PF);
    }
    if ((wanted & FLAG.CF) !== 0) this.#builder.set(flagSlots.carry, this.carry());
    if ((wanted & FLAG.OF) !== 0) this.#builder.set(flagSlots.overflow, this.overflow());
    if ((wanted & FLAG.AF) !== 0) this.#builder.set(flagSlots.adjust, this.adjust());
  }

  /** The flags in `mask` lie in their slots, put there by other means than `define`. */
  inSlots(mask: number): void {
    for (const flag of each) if ((mask & flag) !== 0) this.#providers.delete(flag);
    this.#pending &= ~mask;
  }

  /** i32, 1 when ZF is set, else 0. */
  zero(): Value {
    const provider = this.#providers.get(FLAG.ZF);
    const value = provider && this.#value(provider, 'zero');
    if (value) return value;
    const wide = provider === undefined ? this.#builder.get(flagSlots.zero) : this.#wide(provider);
    return this.#op('i64.eqz', wide);
  }

  /** i32, 1 when SF is set, else 0. */
  sign(): Value {
    const provider = this.#providers.get(FLAG.SF);
    const value = provider && this.#value(provider, 'sign');
    if (value) return value;
    const wide = provider === undefined ? this.#builder.get(flagSlots.sign) : this.#wide(provider);
    return this.#op('i64.lt_s', wide, this.#builder.i64(0));
  }

  /** i32, 1 when PF is set, else 0. */
  parity(): Value {
    const provider = this.#providers.get(FLAG.PF);
    const value = provider && this.#value(provider, 'parity');
    if (value) return value;
    const wide = provider === undefined ? this.#builder.get(flagSlots.sign) : this.#wide(provider);
    const low = this.#op('i32.and', this.#op('i32.wrap_i64', wide), this.#builder.i32(0xff));
    return this.#op('i32.eqz', this.#op('i32.and', this.#op('i32.popcnt', low), this.#builder.i32(1)));
  }

  /** i32, 1 when CF is set, else 0. */
  carry(): Value {
    const provider = this.#providers.get(FLAG.CF);
    if (provider === undefined) return this.#builder.get(flagSlots.carry);
    return this.#required(provider, 'carry');
  }

  overflow(): Value {
    const provider = this.#providers.get(FLAG.OF);
    if (provider === undefined) return this.#builder.get(flagSlots.overflow);
    return this.#required(provider, 'overflow');
  }

  /** i32 with AF in bit 4. */
  adjust(): Value {
    const provider = this.#providers.get(FLAG.AF);
    if (provider === undefined) return this.#builder.get(flagSlots.adjust);
    return this.#required(provider, 'adjust');
  }

  /** i32, 1 when condition `code` (0 to 15) holds, else 0. */
  condition(code: number): Value {
    const positive = this.#positive(code >> 1);
    return (code & 1) === 0 ? positive : this.#op('i32.eqz', positive);
  }

  #positive(code: number): Value {
    const { CF, ZF, SF, OF } = FLAG;
    switch (code) {
      case 0:
        return this.overflow();
      case 1:
        return this.carry();
      case 2:
        return this.zero();
      case 3:
        return this.#compared('unsigned', 'le_u', CF | ZF) ?? this.#op('i32.or', this.carry(), this.zero());
      case 4:
        return this.sign();
      case 5:
        return this.parity();
      case 6:
        return this.#compared('signed', 'lt_s', SF | OF) ?? this.#op('i32.ne', this.sign(), this.overflow());
      default:
        return (
          this.#compared('signed', 'le_s', SF | OF | ZF) ??
          this.#op('i32.or', this.zero(), this.#op('i32.ne', this.sign(), this.overflow()))
        );
    }
  }

  /** A comparison, if all flags in `mask` are those of one. */
  #compared(order: 'signed' | 'unsigned', relation: 'le_u' | 'lt_s' | 'le_s', mask: number): Value | null {
    const providers = each.filter((flag) => (mask & flag) !== 0).map((flag) => this.#providers.get(flag));
    const compare = providers[0]?.source.compare;
    if (compare === undefined || providers.some((provider) => provider !== providers[0])) return null;
    const [a, b] = compare[order];
    return this.#op(`${compare.type}.${relation}`, a(), b());
  }

  /** i64 that is 0 when ZF is set. */
  #zeroValue(): Value {
    const provider = this.#providers.get(FLAG.ZF);
    if (provider === undefined) return this.#builder.get(flagSlots.zero);
    const value = this.#value(provider, 'zeroSlot') ?? this.#value(provider, 'wide');
    if (value !== null) return value;
    return this.#op('i64.extend_i32_u', this.#op('i32.eqz', this.zero()));
  }

  /** i64 with the sign SF and the low byte's parity PF. */
  #signValue(): Value {
    const [sign, parity] = [this.#providers.get(FLAG.SF), this.#providers.get(FLAG.PF)];
    if (sign === undefined && parity === undefined) return this.#builder.get(flagSlots.sign);
    if (sign !== undefined && sign === parity) {
      const value = this.#value(sign, 'signSlot') ?? this.#value(sign, 'wide');
      if (value !== null) return value;
    }
    const signBit = this.#op('i64.shl', this.#op('i64.extend_i32_u', this.sign()), this.#builder.i64(63));
    return this.#op('i64.or', signBit, this.#op('i64.extend_i32_u', this.#op('i32.eqz', this.parity())));
  }

  #wide(provider: Provider): Value {
    return this.#required(provider, 'wide');
  }

  #required(provider: Provider, name: Exclude<keyof FlagSource, 'compare'>): Value {
    const value = this.#value(provider, name);
    assert(value !== null, `no way to compute the flag: ${name}`);
    return value;
  }

  #value(provider: Provider, name: Exclude<keyof FlagSource, 'compare'>): Value | null {
    const compute = provider.source[name];
    if (compute === undefined) return null;
    let value = provider.values.get(name);
    if (value === undefined) {
      value = compute();
      provider.values.set(name, value);
    }
    return value;
  }

  #op(name: OpName, a?: Value, b?: Value): Value {
    return this.#builder.op(name, a, b);
  }
}

export const ALL_FLAGS = STATUS_FLAGS;
