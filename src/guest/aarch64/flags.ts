/**
 * Condition flags while a block is lifted. The last instruction that set them is remembered as a `FlagSource`: a
 * condition that follows in the same block becomes one comparison of that instruction's operands, and flags that
 * another instruction sets before anyone looks are never stored.
 */
import { unreachable } from '../../common/assert.ts';
import type { BlockBuilder, Value } from '../../ir/builder.ts';
import type { OpName } from '../../ir/ops.ts';
import { FLAGS_LOGIC, FLAGS_WORD, flagsA, flagsB, flagsKind, NZCV_MASK } from './state.ts';

/** Condition codes (Arm ARM C1.2.4). */
export const CONDITION = {
  EQ: 0,
  NE: 1,
  HS: 2,
  LO: 3,
  MI: 4,
  PL: 5,
  VS: 6,
  VC: 7,
  HI: 8,
  LS: 9,
  GE: 10,
  LT: 11,
  GT: 12,
  LE: 13,
  AL: 14,
  NV: 15,
} as const;

/** Where the flags come from. */
export interface FlagSource {
  /** i32, 1 where `condition` (0 to 13) holds, else 0. */
  test(b: BlockBuilder, condition: number): Value;
  /** Stores the flags in their slots. */
  store(b: BlockBuilder): void;
}

const op = (b: BlockBuilder, name: OpName, x?: Value, y?: Value, z?: Value): Value => b.opImm(name, 0, x, y, z);
const and = (b: BlockBuilder, x: Value, y: Value): Value => op(b, 'i32.and', x, y);
const or = (b: BlockBuilder, x: Value, y: Value): Value => op(b, 'i32.or', x, y);
const not = (b: BlockBuilder, x: Value): Value => op(b, 'i32.eqz', x);

/** Neighbouring slots in their order, which tier 0 stores at once. */
function storeSlots(b: BlockBuilder, a: Value, c: Value, kind: Value): void {
  b.set(flagsA, a);
  b.set(flagsB, c);
  b.set(flagsKind, kind);
}

type Width = 32 | 64;

type Comparison = 'eq' | 'ne' | `${'lt' | 'ge'}_${'s' | 'u'}`;

/**
 * The comparison that tests a condition of a - b, and whether its operands change places; conditions that take more than
 * one are not here.
 */
const comparisons: ReadonlyMap<number, readonly [Comparison, boolean]> = new Map([
  [CONDITION.EQ, ['eq', false]],
  [CONDITION.NE, ['ne', false]],
  [CONDITION.HS, ['ge_u', false]],
  [CONDITION.LO, ['lt_u', false]],
  [CONDITION.HI, ['lt_u', true]],
  [CONDITION.LS, ['ge_u', true]],
  [CONDITION.GE, ['ge_s', false]],
  [CONDITION.LT, ['lt_s', false]],
  [CONDITION.GT, ['lt_s', true]],
  [CONDITION.LE, ['ge_s', true]],
]);

function subtractionTest(b: BlockBuilder, width: Width, x: Value, y: Value, condition: number): Value {
  const type = width === 64 ? 'i64' : 'i32';
  const comparison = comparisons.get(condition);
  if (comparison !== undefined) {
    const [name, swapped] = comparison;
    return swapped ? op(b, `${type}.${name}`, y, x) : op(b, `${type}.${name}`, x, y);
  }
  const zero = width === 64 ? b.i64(0) : b.i32(0);
  const difference = op(b, `${type}.sub`, x, y);
  const sign = condition % 2 === 0 ? 'lt_s' : 'ge_s';
  if (condition === CONDITION.MI || condition === CONDITION.PL) return op(b, `${type}.${sign}`, difference, zero);
  // Overflow: the operands' signs differ, and the result's differs from that of the first.
  const overflow = op(b, `${type}.and`, op(b, `${type}.xor`, x, y), op(b, `${type}.xor`, x, difference));
  return op(b, `${type}.${sign}`, overflow, zero);
}

/** Stored operands: of a 32-bit value the low half counts, as `flags_kind` says; what is above may be anything. */
function widened(b: BlockBuilder, value: Value): Value {
  if (value.type === 'i64') return value;
  if (value.kind === 'const') return b.i64(value.lo);
  if (value.op?.name === 'i32.wrap_i64' && value.a !== null) return value.a;
  return op(b, 'i64.extend_i32_u', value);
}

function narrowed(b: BlockBuilder, width: Width, value: Value): Value {
  return width === 64 ? value : op(b, 'i32.wrap_i64', value);
}

/** The flags of x - y. */
export class SubtractionFlags implements FlagSource {
  readonly #width: Width;
  #x: Value;
  #y: Value;

  constructor(width: Width, x: Value, y: Value) {
    this.#width = width;
    this.#x = x;
    this.#y = y;
  }

  test(b: BlockBuilder, condition: number): Value {
    return subtractionTest(b, this.#width, this.#x, this.#y, condition);
  }

  store(b: BlockBuilder): void {
    this.#store(b, this.#kind(b));
  }

  /** Stores the flags where `condition` is not 0, elsewhere those that `kind` holds. */
  storeWhere(b: BlockBuilder, condition: Value, kind: Value): void {
    this.#store(b, op(b, 'i32.select', this.#kind(b), kind, condition));
  }

  #kind(b: BlockBuilder): Value {
    return b.i32(this.#width === 64 ? 0 : 32);
  }

  #store(b: BlockBuilder, kind: Value): void {
    storeSlots(b, widened(b, this.#x), widened(b, this.#y), kind);
    // From here on the slots serve as operands: registers may change, and constants are in no register.
    this.#x = narrowed(b, this.#width, b.get(flagsA));
    this.#y = narrowed(b, this.#width, b.get(flagsB));
  }
}

/** The flags of a logical operation's result: C and V are 0. */
export class LogicFlags implements FlagSource {
  readonly #width: Width;
  #result: Value;

  constructor(width: Width, result: Value) {
    this.#width = width;
    this.#result = result;
  }

  test(b: BlockBuilder, condition: number): Value {
    const type = this.#width === 64 ? 'i64' : 'i32';
    const zero = this.#width === 64 ? b.i64(0) : b.i32(0);
    const compare = (name: 'lt_s' | 'ge_s' | 'eq' | 'ne'): Value => op(b, `${type}.${name}`, this.#result, zero);
    const compareZero = (name: 'lt_s' | 'ge_s'): Value => op(b, `${type}.${name}`, zero, this.#result);
    switch (condition) {
      case CONDITION.EQ:
        return compare('eq');
      case CONDITION.NE:
        return compare('ne');
      case CONDITION.MI:
      case CONDITION.LT:
        return compare('lt_s');
      case CONDITION.PL:
      case CONDITION.GE:
        return compare('ge_s');
      case CONDITION.GT:
        return compareZero('lt_s');
      case CONDITION.LE:
        return compareZero('ge_s');
      case CONDITION.HS:
      case CONDITION.VS:
      case CONDITION.HI:
        return b.i32(0);
      case CONDITION.LO:
      case CONDITION.VC:
      case CONDITION.LS:
        return b.i32(1);
      default:
        unreachable(`condition ${String(condition)}`);
    }
  }

  store(b: BlockBuilder): void {
    const kind = FLAGS_LOGIC | (this.#width === 64 ? 0 : 32);
    storeSlots(b, widened(b, this.#result), b.i64(0), b.i32(kind));
    this.#result = narrowed(b, this.#width, b.get(flagsA));
  }
}

/** The test of a condition on separate flags, each an i32 of 0 or 1. */
function testBits(b: BlockBuilder, flag: (letter: 'n' | 'z' | 'c' | 'v') => Value, condition: number): Value {
  const sameSign = (): Value => op(b, 'i32.eq', flag('n'), flag('v'));
  const positive = ((): Value => {
    switch (condition >>> 1) {
      case 0:
        return flag('z');
      case 1:
        return flag('c');
      case 2:
        return flag('n');
      case 3:
        return flag('v');
      case 4:
        return and(b, flag('c'), not(b, flag('z')));
      case 5:
        return sameSign();
      case 6:
        return and(b, sameSign(), not(b, flag('z')));
      default:
        unreachable(`condition ${String(condition)}`);
    }
  })();
  return condition % 2 === 0 ? positive : not(b, positive);
}

/** Flags as four values of 0 or 1 (i32), each made when it is first wanted. */
export class SeparateFlags implements FlagSource {
  readonly #make: Readonly<Record<'n' | 'z' | 'c' | 'v', (b: BlockBuilder) => Value>>;
  readonly #made = new Map<string, Value>();

  constructor(make: Readonly<Record<'n' | 'z' | 'c' | 'v', (b: BlockBuilder) => Value>>) {
    this.#make = make;
  }

  test(b: BlockBuilder, condition: number): Value {
    return testBits(b, (letter) => this.#flag(b, letter), condition);
  }

  store(b: BlockBuilder): void {
    const bit = (letter: 'n' | 'z' | 'c' | 'v', shift: number): Value =>
      op(b, 'i32.shl', this.#flag(b, letter), b.i32(shift));
    const word = or(b, or(b, bit('n', 31), bit('z', 30)), or(b, bit('c', 29), bit('v', 28)));
    b.set(flagsKind, or(b, word, b.i32(FLAGS_WORD)));
  }

  #flag(b: BlockBuilder, letter: 'n' | 'z' | 'c' | 'v'): Value {
    let value = this.#made.get(letter);
    if (value === undefined) {
      value = this.#make[letter](b);
      this.#made.set(letter, value);
    }
    return value;
  }
}

const FLAG_BITS = { n: 31, z: 30, c: 29, v: 28 } as const;

/** The test of a condition on a word that holds N, Z, C, V in bits 31:28, and anything below. */
function testWord(b: BlockBuilder, word: Value, condition: number): Value {
  const flag = (letter: 'n' | 'z' | 'c' | 'v'): Value => {
    const shifted = op(b, 'i32.shr_u', word, b.i32(FLAG_BITS[letter]));
    return letter === 'n' ? shifted : and(b, shifted, b.i32(1));
  };
  return testBits(b, flag, condition);
}

/** Flags that a word holds in bits 31:28 (i32); the bits below must be 0. */
export class WordFlags implements FlagSource {
  readonly word: Value;

  constructor(word: Value) {
    this.word = word;
  }

  test(b: BlockBuilder, condition: number): Value {
    return testWord(b, this.word, condition);
  }

  store(b: BlockBuilder): void {
    b.set(flagsKind, or(b, this.word, b.i32(FLAGS_WORD)));
  }
}

/** True where `condition` holds for the constant flags `nzcv` (four bits). */
export function holds(nzcv: number, condition: number): boolean {
  const [n, z, c, v] = [(nzcv >>> 3) & 1, (nzcv >>> 2) & 1, (nzcv >>> 1) & 1, nzcv & 1];
  const positive = [z === 1, c === 1, n === 1, v === 1, c === 1 && z === 0, n === v, n === v && z === 0][
    condition >>> 1
  ];
  return positive === undefined || (condition % 2 === 0) === positive;
}

/** Flags of a conditional compare: those of `inner` where `condition` (i32, 0 or 1) is 1, else the constant `nzcv`. */
export class ConditionalFlags implements FlagSource {
  readonly #inner: FlagSource;
  readonly #condition: Value;
  readonly #nzcv: number;

  constructor(inner: FlagSource, condition: Value, nzcv: number) {
    this.#inner = inner;
    this.#condition = condition;
    this.#nzcv = nzcv;
  }

  test(b: BlockBuilder, condition: number): Value {
    const compared = this.#inner.test(b, condition);
    if (holds(this.#nzcv, condition)) return or(b, compared, not(b, this.#condition));
    return and(b, compared, this.#condition);
  }

  store(b: BlockBuilder): void {
    const word = b.i32((this.#nzcv << 28) | FLAGS_WORD);
    if (this.#inner instanceof SubtractionFlags) {
      this.#inner.storeWhere(b, this.#condition, word);
    } else {
      const inner = or(b, flagsWord(b, this.#inner), b.i32(FLAGS_WORD));
      b.set(flagsKind, op(b, 'i32.select', inner, word, this.#condition));
    }
  }
}

/** The flags as the slots hold them: what an earlier block left. */
export class StoredFlags implements FlagSource {
  #a: Value | null = null;
  #b: Value | null = null;
  #kind: Value | null = null;

  test(b: BlockBuilder, condition: number): Value {
    const kind = (this.#kind ??= b.get(flagsKind));
    let compared = subtractionTest(b, 64, ...this.#operands(b, kind), condition);
    const logic = (): Value => and(b, kind, b.i32(FLAGS_LOGIC));
    // C of a logical operation is 0.
    if (condition === CONDITION.HS || condition === CONDITION.HI) compared = and(b, compared, not(b, logic()));
    if (condition === CONDITION.LO || condition === CONDITION.LS)
      compared = op(b, 'i32.select', b.i32(1), compared, logic());
    return op(b, 'i32.select', testWord(b, kind, condition), compared, and(b, kind, b.i32(FLAGS_WORD)));
  }

  /** They are there. */
  store(): void {
    return;
  }

  #operands(b: BlockBuilder, kind: Value): [Value, Value] {
    if (this.#a === null || this.#b === null) {
      const shift = op(b, 'i64.extend_i32_u', kind);
      this.#a = op(b, 'i64.shl', b.get(flagsA), shift);
      this.#b = op(b, 'i64.shl', b.get(flagsB), shift);
    }
    return [this.#a, this.#b];
  }
}

/** The flags as bits 31:28 of an i32. */
export function flagsWord(b: BlockBuilder, source: FlagSource): Value {
  if (source instanceof WordFlags) return source.word;
  const bit = (condition: number, shift: number): Value => op(b, 'i32.shl', source.test(b, condition), b.i32(shift));
  const { MI, EQ, HS, VS } = CONDITION;
  return or(b, or(b, bit(MI, 31), bit(EQ, 30)), or(b, bit(HS, 29), bit(VS, 28)));
}

/** What a block knows about its flags. */
export class BlockFlags {
  readonly #builder: BlockBuilder;
  #source: FlagSource = new StoredFlags();
  #stored = true;

  constructor(builder: BlockBuilder) {
    this.#builder = builder;
  }

  /** An instruction sets the flags. */
  set(source: FlagSource): void {
    this.#source = source;
    this.#stored = false;
  }

  /** i32, 1 where `condition` holds, else 0. AL and NV always hold. */
  test(condition: number): Value {
    if (condition >= CONDITION.AL) return this.#builder.i32(1);
    return this.#source.test(this.#builder, condition);
  }

  /** The carry as an i32 of 0 or 1. */
  carry(): Value {
    return this.test(CONDITION.HS);
  }

  /** N, Z, C, V as bits 31:28 of an i32. */
  word(): Value {
    return flagsWord(this.#builder, this.#source);
  }

  /** Stores the flags if they changed: at the end of a block, and before an instruction that may leave it. */
  flush(): void {
    if (this.#stored) return;
    this.#source.store(this.#builder);
    this.#stored = true;
  }
}

/** Clears what is below the flags in a word of which they are bits 31:28. */
export function onlyFlags(b: BlockBuilder, word: Value): Value {
  return and(b, word, b.i32(NZCV_MASK));
}
