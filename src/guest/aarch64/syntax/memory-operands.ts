/** Operands of loads and stores, and the immediates of data processing. */
import { unreachable } from '../../../common/assert.ts';
import { decodeBitMasks } from '../bit-masks.ts';
import { hexAddress, value, wName, xName, type Operand, type Values } from './operands.ts';

const field = value;

/** Widths that a `size` or `sz` field selects among: `<Rt:size>` is W up to 32 bits, X for 64. */
function sized(register: string, of: 'size' | 'sz', add = 0): Operand {
  const wide = of === 'size' ? 3 : 1;
  return (values) => (field(values, of) === wide ? xName : wName)(field(values, register) + add);
}

const scaleOf = (values: Values, scale: string): number =>
  scale === 'size' ? 1 << field(values, 'size') : Number(scale);

/** `, #offset`, nothing for 0. */
const offset = (value: number): string => (value === 0 ? '' : `, #${String(value)}`);

function scaledOperands(scale: string): Record<string, Operand> {
  return {
    [`,uimm*${scale}`]: (values) => offset(field(values, 'imm12') * scaleOf(values, scale)),
    [`,imm7*${scale}`]: (values) => offset(field(values, 'imm7') * scaleOf(values, scale)),
    [`imm7*${scale}`]: (values) => `#${String(field(values, 'imm7') * scaleOf(values, scale))}`,
    [`extend*${scale}`]: (values) => indexRegister(values, scaleOf(values, scale)),
  };
}

const extensions = 'uxtb uxth uxtw uxtx sxtb sxth sxtw sxtx'.split(' ');

/** The index register with its extension: `x1`, `x1, lsl #3`, `w1, sxtw #2`. A shift by 0 is written where S is 1. */
function indexRegister(values: Values, scale: number): string {
  const option = field(values, 'option');
  const register = ((option & 1) === 0 ? wName : xName)(field(values, 'Rm'));
  const amount = field(values, 'S') === 1 ? ` #${String(Math.log2(scale))}` : '';
  if (option === 3) return amount === '' ? register : `${register}, lsl${amount}`;
  return `${register}, ${extensions[option] ?? unreachable('the row admits no other option')}${amount}`;
}

const vectorLetters = 'bhsdq';

const vectorName = (letter: string, register: number): string => `${letter}${String(register)}`;

/** Prefetch operations (C6.2.265): by type, target and policy; others are numbers. */
function prefetchName(operation: number): string {
  const type = ['pld', 'pli', 'pst'][operation >>> 3];
  const target = (operation >>> 1) & 3;
  if (type === undefined || target === 3) return `#${String(operation)}`;
  return `${type}l${String(target + 1)}${(operation & 1) === 0 ? 'keep' : 'strm'}`;
}

/** Suffix of an atomic's mnemonic: acquire and release. */
const ordering = (values: Values): string =>
  (field(values, 'A') === 1 ? 'a' : '') + (field(values, 'R') === 1 ? 'l' : '');

export const memoryOperands = {
  ...scaledOperands('1'),
  ...scaledOperands('2'),
  ...scaledOperands('4'),
  ...scaledOperands('8'),
  ...scaledOperands('16'),
  ...scaledOperands('size'),
  ',imm9': (values) => offset(field(values, 'imm9')),
  St: (values) => vectorName('s', field(values, 'Rt')),
  Dt: (values) => vectorName('d', field(values, 'Rt')),
  Qt: (values) => vectorName('q', field(values, 'Rt')),
  St2: (values) => vectorName('s', field(values, 'Rt2')),
  Dt2: (values) => vectorName('d', field(values, 'Rt2')),
  Qt2: (values) => vectorName('q', field(values, 'Rt2')),
  BHSDt: (values) => vectorName(vectorLetters.charAt(field(values, 'size')), field(values, 'Rt')),
  'Rt:size': sized('Rt', 'size'),
  'Rs:size': sized('Rs', 'size'),
  'Rt:sz': sized('Rt', 'sz'),
  'Rt2:sz': sized('Rt2', 'sz'),
  'Rs:sz': sized('Rs', 'sz'),
  'Rt+1:sz': sized('Rt', 'sz', 1),
  'Rs+1:sz': sized('Rs', 'sz', 1),
  bh: (values) => ['b', 'h', '', ''][field(values, 'size')] ?? '',
  al: ordering,
  prfop: (values) => prefetchName(field(values, 'prfop')),
} satisfies Record<string, Operand>;

const shiftNames = ['lsl', 'lsr', 'asr', 'ror'];

/**
 * An extension and its shift. LSL is the preferred name of the one that keeps all bits of the width where a register
 * of the instruction is the stack pointer (C6.2.4), and goes without saying where it shifts by 0.
 */
function extension(values: Values, stackPointers: readonly string[]): string {
  const [option, amount] = [field(values, 'option'), field(values, 'imm3')];
  const keepsAll = option === (field(values, 'sf') === 1 ? 3 : 2);
  const shift = amount === 0 ? '' : ` #${String(amount)}`;
  if (keepsAll && stackPointers.some((name) => field(values, name) === 31)) return shift === '' ? '' : `, lsl${shift}`;
  return `, ${extensions[option] ?? unreachable('an option has three bits')}${shift}`;
}

/** Domain and type of a barrier; other numbers have no name (C6.2.83). */
const barriers: ReadonlyMap<number, string> = new Map([
  [1, 'oshld'],
  [2, 'oshst'],
  [3, 'osh'],
  [5, 'nshld'],
  [6, 'nshst'],
  [7, 'nsh'],
  [9, 'ishld'],
  [10, 'ishst'],
  [11, 'ish'],
  [13, 'ld'],
  [14, 'st'],
  [15, 'sy'],
]);

export const dataOperands = {
  page: (values, pc) => hexAddress(Math.floor(pc / 4096) * 4096 + field(values, 'imm') * 4096),
  sh: (values) => (field(values, 'sh') === 1 ? ', lsl #12' : ''),
  hw: (values) => (field(values, 'hw') === 0 ? '' : `, lsl #${String(field(values, 'hw') * 16)}`),
  shift: (values) => {
    const [shift, amount] = [field(values, 'shift'), field(values, 'imm6')];
    return shift === 0 && amount === 0 ? '' : `, ${shiftNames[shift] ?? ''} #${String(amount)}`;
  },
  option: (values) => extension(values, ['Rn']),
  'option|SP': (values) => extension(values, ['Rn', 'Rd']),
  barrier: (values) => barriers.get(field(values, 'CRm')) ?? `#${String(field(values, 'CRm'))}`,
  // Only UXTX and SXTX take all 64 bits of the register.
  'Rm:option': (values) =>
    (field(values, 'sf') === 1 && (field(values, 'option') & 3) === 3 ? xName : wName)(field(values, 'Rm')),
  bitmask: (values) => {
    const mask = decodeBitMasks(field(values, 'N'), field(values, 'imms'), field(values, 'immr'));
    if (mask === null) unreachable('the row admits no reserved immediate');
    return `#0x${(field(values, 'sf') === 1 ? mask.bits : mask.bits & 0xffffffffn).toString(16)}`;
  },
} satisfies Record<string, Operand>;
