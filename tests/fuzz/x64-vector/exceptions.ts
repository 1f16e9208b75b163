/** Where processors differ among themselves, or the manual leaves the result open. */

import { INPUT, STATE } from './state.ts';

export interface Exception {
  readonly names: RegExp;
  readonly reason: string;
  /** Whether a field may differ so; values are hexadecimal digits. */
  readonly allows: (field: string, ours: string, native: string, record: Buffer) => boolean;
}

const status =
  (mask: number) =>
  (field: string, ours: string, native: string): boolean =>
    field === 'fsw' && ((parseInt(ours, 16) ^ parseInt(native, 16)) & ~mask) === 0;

/** Extended numbers at most one unit in the last place apart. */
function isNear(ours: string, native: string): boolean {
  const [left, right] = [BigInt(`0x${ours}`), BigInt(`0x${native}`)];
  const distance = left > right ? left - right : right - left;
  // Across a binade the significand goes from all ones to the leading bit alone.
  return distance <= 1n || distance === (1n << 63n) + 1n;
}

const C1 = 0x200;
const INEXACT = 0x20;
/** Exponent field of 1/4. */
const QUARTER = 0x3ffd;

const exceptions: readonly Exception[] = [
  {
    names: /^fyl2xp1$/,
    reason: 'undefined beyond 1 - sqrt(1/2) in magnitude (SDM vol. 2, FYL2XP1); within one unit below',
    allows: (field, ours, native, record) =>
      status(C1 | INEXACT)(field, ours, native) ||
      (field.startsWith('st') && isNear(ours, native)) ||
      (/^(st|fsw)/.test(field) && (record.readUInt16LE(INPUT.STATE + STATE.STACK + 8) & 0x7fff) >= QUARTER),
  },
  {
    names: /^f(2xm1|yl2x|ptan|patan|sin|cos|sincos)$/,
    reason: 'within one unit in the last place (SDM vol. 1, 8.3.10); C1 and inexact accordingly',
    allows: (field, ours, native) =>
      status(C1 | INEXACT)(field, ours, native) || (field.startsWith('st') && isNear(ours, native)),
  },
  {
    names: /^fu?comip?$/,
    reason: 'C1 becomes 0 (SDM vol. 2, FCOMI); some processors leave it',
    allows: status(C1),
  },
  {
    names: /gather/,
    reason: 'elements before one that faults may be complete (SDM vol. 2, VGATHERDPS)',
    allows: (field) => /^(xmm|ymmh)/.test(field),
  },
];

export function exceptionFor(name: string): Exception | undefined {
  return exceptions.find(({ names }) => names.test(name));
}
