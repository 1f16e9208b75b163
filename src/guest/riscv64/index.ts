/** The riscv64 guest: RV64GC with Zba, Zbb and Zbs (unprivileged manual 20240411). */
import type { Guest } from '../guest.ts';
import { disassemble } from './disassemble.ts';
import { liftBlock } from './lift.ts';
import { frmSlot, modeOfFrm, state } from './state.ts';

/** `EM_RISCV`. */
const ELF_MACHINE = 243;

export const riscv64: Guest & Required<Pick<Guest, 'currentMode'>> = {
  name: 'riscv64',
  elfMachine: ELF_MACHINE,
  state,
  // Round to nearest even, canonical NaNs, no flush to zero, tininess after rounding.
  initialFpEnv: 0,
  liftBlock,
  disassemble,
  currentMode: (read) => modeOfFrm(Number(read(frmSlot)) & 7),
};

export { fcsrOf, restoreFcsr } from './state.ts';
export { riscv64Rows, type RowName } from './tables.ts';
