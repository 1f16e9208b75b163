/** The aarch64 guest: A64 at EL0 (Arm Architecture Reference Manual DDI 0487). */
import type { Guest } from '../guest.ts';
import { disassemble } from './disassemble.ts';
import { LENGTH } from './lifters/context.ts';
import { liftBlock } from './lift.ts';
import { fpEnvOfFpcr, state, xSlots } from './state.ts';
import { ICACHE_LINE } from './system-registers.ts';
import { classes, table, type RowName } from './tables.ts';

/** `EM_AARCH64`. */
const ELF_MACHINE = 183;

export const aarch64: Guest = {
  name: 'aarch64',
  elfMachine: ELF_MACHINE,
  state,
  initialFpEnv: fpEnvOfFpcr(0),
  liftBlock,
  disassemble,
  synchronizedBy(encoding, read) {
    const decoded = table.decode(encoding);
    if (decoded?.name !== 'ic ivau') return null;
    const slot = xSlots[encoding & 31];
    const size = 4 << ICACHE_LINE;
    // The zero register and what no guest address is: there is no code, and so nothing to be done.
    const line = slot === undefined ? 0n : BigInt.asUintN(64, read(slot)) & -BigInt(size);
    return line >> 32n === 0n ? { start: Number(line), end: Number(line) + size } : { start: 0, end: 0 };
  },
};

/** What a generator of programs needs: every row with its fields and their ranges, its class, and the encoder. */
export const aarch64Rows = {
  get rows(): typeof table.rows {
    return table.rows;
  },
  classes,
  decode: (encoding: number) => table.decode(encoding),
  /** The encoding of row `name`; unfitting fields are a RangeError. */
  encode: (name: RowName, values: Readonly<Record<string, number>>): number => table.row(name).encode(values),
  /** Bytes of an instruction. */
  lengthOf: (): 4 => LENGTH,
} as const;

export type { RowName } from './tables.ts';
