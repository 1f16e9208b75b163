/** Condition flags of floating-point comparisons: less is N, equal Z and C, greater C, unordered C and V. */
import { unreachable } from '../../common/assert.ts';
import type { BlockBuilder, Value } from '../../ir/builder.ts';
import { CONDITION, holds, type FlagSource } from './flags.ts';
import { FLAGS_WORD, flagsKind } from './state.ts';

type Format = 'f32' | 'f64';
type Relation = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** The relation that a condition tests, and whether it holds where the relation does not, a NaN included. */
const relations: ReadonlyMap<number, readonly [Relation, inverted: boolean]> = new Map([
  [CONDITION.EQ, ['eq', false]],
  [CONDITION.NE, ['ne', false]],
  [CONDITION.HS, ['lt', true]],
  [CONDITION.LO, ['lt', false]],
  [CONDITION.MI, ['lt', false]],
  [CONDITION.PL, ['lt', true]],
  [CONDITION.HI, ['le', true]],
  [CONDITION.LS, ['le', false]],
  [CONDITION.GE, ['ge', false]],
  [CONDITION.LT, ['ge', true]],
  [CONDITION.GT, ['gt', false]],
  [CONDITION.LE, ['gt', true]],
]);

/** Makes an operand of a comparison, anew for each use: taking a lane is part of the comparison, not worth a temporary. */
export type Operand = (b: BlockBuilder) => Value;

/**
 * The flags of comparing x with y. Comparing gave them as a word, bits 31 to 28; a condition asks the operands again,
 * which are the same as long as FPCR is: an instruction that writes it stores the flags first.
 */
export class FloatFlags implements FlagSource {
  readonly #type: Format;
  readonly #x: Operand;
  readonly #y: Operand;
  readonly #word: Value;

  constructor(type: Format, x: Operand, y: Operand, word: Value) {
    this.#type = type;
    this.#x = x;
    this.#y = y;
    this.#word = word;
  }

  test(b: BlockBuilder, condition: number): Value {
    const relation = relations.get(condition);
    if (relation !== undefined) {
      const holding = this.#relation(b, relation[0]);
      return relation[1] ? b.op('i32.eqz', holding) : holding;
    }
    const isNaN = (operand: Operand): Value => b.op(`${this.#type}.ne`, operand(b), operand(b));
    const unordered = b.op('i32.or', isNaN(this.#x), isNaN(this.#y));
    if (condition === CONDITION.VS) return unordered;
    if (condition === CONDITION.VC) return b.op('i32.eqz', unordered);
    return unreachable(`condition ${String(condition)}`);
  }

  store(b: BlockBuilder): void {
    b.set(flagsKind, this.word(b));
  }

  /** `flags_kind` that stands for the flags. */
  word(b: BlockBuilder): Value {
    return b.op('i32.or', this.#word, b.i32(FLAGS_WORD));
  }

  #relation(b: BlockBuilder, relation: Relation): Value {
    return b.op(`fp.${this.#type}.holds_${relation}`, this.#x(b), this.#y(b));
  }
}

/** Flags of a comparison where `condition` (i32) is not 0, else the constant `nzcv`. */
export class ConditionalFloatFlags implements FlagSource {
  readonly #compared: FloatFlags;
  readonly #condition: Value;
  readonly #nzcv: number;

  constructor(compared: FloatFlags, condition: Value, nzcv: number) {
    this.#compared = compared;
    this.#condition = condition;
    this.#nzcv = nzcv;
  }

  test(b: BlockBuilder, condition: number): Value {
    const compared = this.#compared.test(b, condition);
    // `condition` of the comparison is 0 or 1.
    if (holds(this.#nzcv, condition)) return b.op('i32.or', compared, b.op('i32.eqz', this.#condition));
    return b.op('i32.and', compared, this.#condition);
  }

  store(b: BlockBuilder): void {
    const otherwise = b.i32((this.#nzcv << 28) | FLAGS_WORD);
    b.set(flagsKind, b.op('i32.select', this.#compared.word(b), otherwise, this.#condition));
  }
}
