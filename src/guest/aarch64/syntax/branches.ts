/** Syntax of branches and system instructions. */
import type { branchRows, systemRows } from '../rows/branches.ts';

export const branchSyntax = {
  b: 'b <label>',
  bl: 'bl <label>',
  'b.cond': 'b.<cond> <label>',
  cbz: 'cbz <Rt>, <label>',
  cbnz: 'cbnz <Rt>, <label>',
  tbz: 'tbz <R<t>>, <bit>, <label>',
  tbnz: 'tbnz <R<t>>, <bit>, <label>',
  br: 'br <Xn>',
  blr: 'blr <Xn>',
  ret: 'ret <{Xn}>',
} satisfies Record<keyof typeof branchRows, string>;

export const systemSyntax = {
  udf: 'udf <imm16>',
  svc: 'svc <imm16>',
  brk: 'brk <imm16>',
  hlt: 'hlt <imm16>',
  hint: 'hint <hint>',
  clrex: 'clrex <{#CRm}>',
  dsb: 'dsb <barrier>',
  dmb: 'dmb <barrier>',
  isb: 'isb <{#CRm}>',
  sb: 'sb',
  'ic ivau': 'ic ivau, <Xt>',
  'dc zva': 'dc zva, <Xt>',
  'dc cvac': 'dc cvac, <Xt>',
  'dc cvau': 'dc cvau, <Xt>',
  'dc cvap': 'dc cvap, <Xt>',
  'dc civac': 'dc civac, <Xt>',
  mrs: 'mrs <Xt>, <register>',
  msr: 'msr <register>, <Xt>',
} satisfies Record<keyof typeof systemRows, string>;
