/** What the rows do not say about how instructions are written in Intel syntax. */

/** Mnemonics that differ by operand size: by width of the first operand, or by operand size where there is none. */
export const sizedNames: Readonly<Record<string, Readonly<Record<number, string>>>> = {};

/** Instructions whose memory operand has no size. */
export const sizeless: ReadonlySet<string> = new Set(['lea']);

/** String instructions whose repetition ends on a comparison. */
export const comparing: ReadonlySet<string> = new Set(['cmps', 'scas']);
