// @ts-check
/**
 * Where the reference (qemu-user 7.2) is wrong, or the manual leaves a choice; each with the manual's words. `before`
 * holds the registers as they were, by name (x1, v1, nzcv).
 * @type {{ reason: string, applies: (item: import('../guests.mjs').Item, before: Map<string, bigint>) => boolean }[]}
 */
export const exceptions = [];
