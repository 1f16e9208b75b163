/** The aarch64 guest: A64 at EL0 (Arm Architecture Reference Manual DDI 0487). */
import type { Guest } from '../guest.ts';
import { disassemble } from './disassemble.ts';
import { liftBlock } from './lift.ts';
import { fpcrSlot, fpEnvOfFpcr, modeOfFpcr, state } from './state.ts';

/** `EM_AARCH64`. */
const ELF_MACHINE = 183;

export const aarch64: Guest & Required<Pick<Guest, 'currentMode'>> = {
  name: 'aarch64',
  elfMachine: ELF_MACHINE,
  state,
  initialFpEnv: fpEnvOfFpcr(0),
  liftBlock,
  disassemble,
  // The slot is an i32; what lies behind it in memory is another.
  currentMode: (read) => modeOfFpcr(Number(read(fpcrSlot) & 0xffffffffn)),
};

export { table as aarch64Table, type RowName } from './tables.ts';
