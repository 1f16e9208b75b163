// @ts-check
/**
 * Where the reference (qemu-user 7.2) is wrong, or the manual leaves a choice; each with the manual's words. `before`
 * holds the registers as they were, by name (x1, f1, fcsr).
 * @type {{ reason: string, applies: (item: import('./sequence.mjs').Item, before: Map<string, bigint>) => boolean }[]}
 */
export const exceptions = [
  {
    reason:
      'qemu 7.2 counts ctzw over 64 bits when the low word is 0; the manual (B extension, ctzw): where the least-significant ' +
      'word is 0 the result is 32',
    applies: ([one], before) =>
      one?.name === 'ctzw' && BigInt.asUintN(32, before.get(`x${String(one.values.rs1)}`) ?? 1n) === 0n,
  },
];
