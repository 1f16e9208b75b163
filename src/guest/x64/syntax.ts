/** What the rows do not say about how instructions are written in Intel syntax. */

/** Mnemonics that differ by operand size: by width of the first operand, or by operand size where there is none. */
export const sizedNames: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  cbw: { 16: 'cbw', 32: 'cwde', 64: 'cdqe' },
  cwd: { 16: 'cwd', 32: 'cdq', 64: 'cqo' },
  pushf: { 16: 'pushf', 64: 'pushfq' },
  popf: { 16: 'popf', 64: 'popfq' },
  iret: { 16: 'iret', 32: 'iretd', 64: 'iretq' },
  movs: { 8: 'movsb', 16: 'movsw', 32: 'movsd', 64: 'movsq' },
  cmps: { 8: 'cmpsb', 16: 'cmpsw', 32: 'cmpsd', 64: 'cmpsq' },
  stos: { 8: 'stosb', 16: 'stosw', 32: 'stosd', 64: 'stosq' },
  lods: { 8: 'lodsb', 16: 'lodsw', 32: 'lodsd', 64: 'lodsq' },
  scas: { 8: 'scasb', 16: 'scasw', 32: 'scasd', 64: 'scasq' },
};

/** Instructions whose memory operand has no size. */
export const sizeless: ReadonlySet<string> = new Set(['lea']);

/** Predicates of vector comparisons by the immediate (SDM vol. 2, tables 3-1 and 3-4); legacy forms have the first 8. */
const PREDICATES =
  'eq lt le unord neq nlt nle ord eq_uq nge ngt false neq_oq ge gt true eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ' +
  'ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us';
const predicates = PREDICATES.split(' ');

/** `cmpps` with predicate 1 is written `cmpltps`, without the immediate; null where the name stays. */
export function comparisonName(name: string, immediate: number): string | null {
  const parts = /^(v?)cmp(ps|pd|ss|sd)$/.exec(name);
  const predicate = predicates[immediate];
  if (parts === null || predicate === undefined || (parts[1] === '' && immediate > 7)) return null;
  return `${parts[1] ?? ''}cmp${predicate}${parts[2] ?? ''}`;
}

/** String instructions whose repetition ends on a comparison. */
export const comparing: ReadonlySet<string> = new Set(['cmps', 'scas']);
