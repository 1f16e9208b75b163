/**
 * What the words in angle brackets of a row's syntax stand for, in the manual's notation: `<Xd>` is the 64-bit
 * register in field Rd, `<Rd>` the one of the width that sf gives, `|SP` makes 31 the stack pointer. A word may expand
 * to nothing.
 */
import { unreachable } from '../../../common/assert.ts';
import { systemRegisterName } from '../system-registers.ts';

export type Values = Readonly<Record<string, number>>;
export type Operand = (values: Values, pc: number) => string;

/** The value of `field`, which the syntax of the row names. */
export function value(values: Values, field: string): number {
  return values[field] ?? unreachable(`the row has no field ${field}`);
}

export function xName(register: number): string {
  return register === 31 ? 'xzr' : `x${String(register)}`;
}

export function wName(register: number): string {
  return register === 31 ? 'wzr' : `w${String(register)}`;
}

const orSp = (name: string): string => (name === 'xzr' ? 'sp' : name === 'wzr' ? 'wsp' : name);

const conditionNames = 'eq ne hs lo mi pl vs vc hi ls ge lt gt le al nv'.split(' ');

export function conditionName(condition: number): string {
  return conditionNames[condition] ?? unreachable(`condition ${String(condition)} of a four-bit field`);
}

export function hexAddress(address: number): string {
  return `0x${BigInt.asUintN(64, BigInt(address)).toString(16)}`;
}

/** `<Xd> <Wd> <Rd>` and the same with `|SP`, for one register field. */
function registers(field: string): Record<string, Operand> {
  const suffix = field.slice(1);
  const name = (values: Values, wide: boolean): string => (wide ? xName : wName)(value(values, field));
  const isWide = (values: Values): boolean => value(values, 'sf') === 1;
  return {
    [`X${suffix}`]: (values) => name(values, true),
    [`W${suffix}`]: (values) => name(values, false),
    [`R${suffix}`]: (values) => name(values, isWide(values)),
    [`X${suffix}|SP`]: (values) => orSp(name(values, true)),
    [`W${suffix}|WSP`]: (values) => orSp(name(values, false)),
    [`R${suffix}|SP`]: (values) => orSp(name(values, isWide(values))),
  };
}

/** `#<field>` in decimal. */
function decimal(field: string): Record<string, Operand> {
  return { [field]: (values) => `#${String(value(values, field))}` };
}

export const baseOperands = {
  ...registers('Rd'),
  ...registers('Rn'),
  ...registers('Rm'),
  ...registers('Ra'),
  ...registers('Rt'),
  ...registers('Rt2'),
  ...registers('Rs'),
  ...decimal('imm'),
  ...decimal('imm3'),
  ...decimal('imm5'),
  ...decimal('imm6'),
  ...decimal('imm7'),
  ...decimal('imm8'),
  ...decimal('imm9'),
  ...decimal('imm12'),
  ...decimal('imm16'),
  ...decimal('immr'),
  ...decimal('imms'),
  ...decimal('nzcv'),
  ...decimal('bit'),
  ...decimal('hint'),
  ...decimal('CRm'),
  cond: (values) => conditionName(value(values, 'cond')),
  label: (values, pc) => hexAddress(pc + value(values, 'imm')),
  // The register that TBZ tests bit `bit` of.
  'R<t>': (values) => (value(values, 'bit') >= 32 ? xName : wName)(value(values, 'Rt')),
  register: (values) => systemRegisterName(value(values, 'register')),
  // The usual target of RET is left out.
  '{Xn}': (values) => (value(values, 'Rn') === 30 ? '' : xName(value(values, 'Rn'))),
  '{#CRm}': (values) => (value(values, 'CRm') === 15 ? '' : `#${String(value(values, 'CRm'))}`),
} satisfies Record<string, Operand>;
