/**
 * Words for vector and floating-point operands: `<Vd.T>` is register Rd with the arrangement that size and Q give,
 * `.F` that of sz and Q, `.Tw` and `.Fw` lanes twice as wide in a whole register, `.Ti` by immh, `.Te` by imm5.
 * A word without a dot is a scalar register: `<Vd>` by size, `<Fd>` by sz, `<2Vd>` twice as wide.
 */
import { unreachable } from '../../../common/assert.ts';
import { value, wName, xName, type Operand, type Values } from './operands.ts';

const LETTERS = 'bhsdq';
const letter = (size: number): string => LETTERS[size] ?? unreachable(`lane size ${String(size)}`);

/** Lanes of 8 << `size` bits in a whole register or the lower half. */
const arrangement = (size: number, Q: number): string => `${String(16 >> (size + 1 - Q))}${letter(size)}`;

const sizeField = (values: Values): number => value(values, 'size');
const floatSize = (values: Values): number => value(values, 'sz') + 2;
const immhSize = (values: Values): number => 31 - Math.clz32(value(values, 'immh'));
const imm5Size = (values: Values): number => {
  const imm5 = value(values, 'imm5');
  return 31 - Math.clz32(imm5 & -imm5);
};
/** Of loads and stores of one lane. */
const laneSize = (values: Values): number => {
  const opc = value(values, 'opc');
  return opc === 2 && value(values, 'size') === 1 ? 3 : opc;
};
const quad = (values: Values): number => value(values, 'Q');

/** Arrangements by what follows the dot. */
const arrangements: Readonly<Record<string, (values: Values) => string>> = {
  T: (values) => arrangement(sizeField(values), quad(values)),
  Tw: (values) => arrangement(sizeField(values) + 1, 1),
  Tp: (values) => arrangement(sizeField(values) + 1, quad(values)),
  F: (values) => arrangement(floatSize(values), quad(values)),
  '2F': (values) => `2${letter(floatSize(values))}`,
  Fn: (values) => arrangement(floatSize(values) - 1, quad(values)),
  Fw: (values) => arrangement(floatSize(values), 1),
  Ti: (values) => arrangement(immhSize(values), quad(values)),
  Tiw: (values) => arrangement(immhSize(values) + 1, 1),
  Te: (values) => arrangement(imm5Size(values), quad(values)),
  B: (values) => arrangement(0, quad(values)),
  H: (values) => arrangement(1, quad(values)),
  S: (values) => arrangement(2, quad(values)),
  '16B': () => '16b',
  '4S': () => '4s',
  '2D': () => '2d',
};

const vectorName = (values: Values, field: string, suffix: string): string =>
  `v${String(value(values, field))}.${suffix}`;
const scalarName = (values: Values, field: string, size: number): string =>
  `${size === 4 ? 'q' : letter(size)}${String(value(values, field))}`;

/** All words for one register field. */
function register(field: string): Record<string, Operand> {
  const suffix = field.slice(1);
  const scalars: Readonly<Record<string, (values: Values) => number>> = {
    [`V${suffix}`]: sizeField,
    [`2V${suffix}`]: (values) => sizeField(values) + 1,
    [`F${suffix}`]: floatSize,
    [`Vi${suffix}`]: immhSize,
    [`2Vi${suffix}`]: (values) => immhSize(values) + 1,
    [`Ve${suffix}`]: imm5Size,
    [`H${suffix}`]: () => 1,
    [`S${suffix}`]: () => 2,
    [`D${suffix}`]: () => 3,
    [`Q${suffix}`]: () => 4,
  };
  const vectors = Object.entries(arrangements).map(([name, text]): [string, Operand] => [
    `V${suffix}.${name}`,
    (values) => vectorName(values, field, text(values)),
  ]);
  const names = Object.entries(scalars).map(([name, size]): [string, Operand] => [
    name,
    (values) => scalarName(values, field, size(values)),
  ]);
  const element = (index: (values: Values) => number): Operand => {
    return (values) => vectorName(values, field, `${letter(imm5Size(values))}[${String(index(values))}]`);
  };
  return {
    ...Object.fromEntries([...vectors, ...names]),
    [`V${suffix}.D[1]`]: (values) => vectorName(values, field, 'd[1]'),
    [`V${suffix}.Te[i]`]: element((values) => value(values, 'imm5') >> (imm5Size(values) + 1)),
    [`V${suffix}.Te[j]`]: element((values) => value(values, 'imm4') >> imm5Size(values)),
  };
}

/** Index of a word, and of a doubleword. */
const highLow = (values: Values): number => (value(values, 'H') << 1) | value(values, 'L');

const elements: Record<string, Operand> = {
  'Vm.Ts[i]': (values) => {
    const rm = value(values, 'Rm');
    if (sizeField(values) === 1)
      return `v${String(rm & 15)}.h[${String((value(values, 'H') << 2) | (value(values, 'L') << 1) | (rm >> 4))}]`;
    return `v${String(rm)}.s[${String(highLow(values))}]`;
  },
  'Vm.Fs[i]': (values) => {
    const index = value(values, 'sz') === 1 ? value(values, 'H') : highLow(values);
    return vectorName(values, 'Rm', `${letter(floatSize(values))}[${String(index)}]`);
  },
  'Vm.4B[i]': (values) => vectorName(values, 'Rm', `4b[${String(highLow(values))}]`),
};

/** Registers from one on, after 31 comes 0. */
function list(first: number, count: number, suffix: string): string {
  const names = Array.from({ length: count }, (_, at) => `v${String((first + at) & 31)}.${suffix}`);
  return `{${names.join(', ')}}`;
}

function laneIndex(values: Values): number {
  const size = laneSize(values);
  const bits = (quad(values) << 3) | (value(values, 'S') << 2) | value(values, 'size');
  return size === 3 ? quad(values) : bits >> size;
}

/** What is added to the base register; 31 stands for the bytes accessed. */
const post = (bytes: (values: Values) => number): Operand => {
  return (values) => (value(values, 'Rm') === 31 ? `#${String(bytes(values))}` : xName(value(values, 'Rm')));
};

function lists(count: number): Record<string, Operand> {
  const n = String(count);
  return {
    [`{${n}Vt.T}`]: (values) => list(value(values, 'Rt'), count, arrangement(sizeField(values), quad(values))),
    [`{${n}Vt.Tl}`]: (values) =>
      `${list(value(values, 'Rt'), count, letter(laneSize(values)))}[${String(laneIndex(values))}]`,
    [`post${n}`]: post((values) => count * (quad(values) === 1 ? 16 : 8)),
    [`postlane${n}`]: post((values) => count << laneSize(values)),
    [`postall${n}`]: post((values) => count << sizeField(values)),
  };
}

const hex = (bits: number | bigint): string => `#0x${bits.toString(16)}`;

/** VFPExpandImm as a decimal number; all of them are exact with seven digits. */
function floatImmediate(values: Values): string {
  const imm8 = value(values, 'imm8');
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const magnitude = (1 + (imm8 & 15) / 16) * 2 ** (exponent - 3);
  return `#${(imm8 >> 7 === 1 ? -magnitude : magnitude).toFixed(8)}`;
}

function byteMask(imm8: number): bigint {
  let bits = 0n;
  for (let bit = 0; bit < 8; bit++) if ((imm8 >> bit) & 1) bits |= 0xffn << BigInt(8 * bit);
  return bits;
}

const encoded = (values: Values): number => (value(values, 'immh') << 3) | value(values, 'immb');

const immediates: Record<string, Operand> = {
  fpimm: floatImmediate,
  fbits: (values) => `#${String(64 - value(values, 'scale'))}`,
  right: (values) => `#${String((16 << immhSize(values)) - encoded(values))}`,
  left: (values) => `#${String(encoded(values) - (8 << immhSize(values)))}`,
  lanebits: (values) => `#${String(8 << sizeField(values))}`,
  imm4: (values) => hex(value(values, 'imm4')),
  imm8x: (values) => hex(value(values, 'imm8')),
  imm64: (values) => hex(byteMask(value(values, 'imm8'))),
  ', lsl': (values) => (value(values, 'shift') === 0 ? '' : `, lsl #${String(8 * value(values, 'shift'))}`),
  ', lslh': (values) => (value(values, 'sh') === 0 ? '' : ', lsl #8'),
  ', msl': (values) => `, msl #${String(8 * (value(values, 'sh') + 1))}`,
};

export const vectorOperands: Readonly<Record<string, Operand>> = {
  ...register('Rd'),
  ...register('Rn'),
  ...register('Rm'),
  ...register('Ra'),
  ...elements,
  ...immediates,
  ...lists(1),
  ...lists(2),
  ...lists(3),
  ...lists(4),
  // The forms of widening and narrowing instructions that take the upper half.
  2: (values) => (quad(values) === 1 ? '2' : ''),
  '{Vn.16B}': (values) => list(value(values, 'Rn'), value(values, 'len') + 1, '16b'),
  '[Xn]': (values) => `[${value(values, 'Rn') === 31 ? 'sp' : xName(value(values, 'Rn'))}]`,
  RdQ: (values) => (quad(values) === 1 ? xName : wName)(value(values, 'Rd')),
  Ren: (values) => (imm5Size(values) === 3 ? xName : wName)(value(values, 'Rn')),
};
