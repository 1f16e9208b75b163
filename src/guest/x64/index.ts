/** The x64 guest: user instructions of 64-bit mode (Intel SDM, AMD APM). */
import { FP_ENV, NAN_POLICY } from '../../fp/fp-env.ts';
import type { Guest } from '../guest.ts';
import { disassemble } from './disassemble.ts';
import { liftBlock } from './lift.ts';
import { flagSlots, MODE_BACKWARD, MODE_CAREFUL, state } from './state.ts';

/** `EM_X86_64`. */
const ELF_MACHINE = 62;

export const x64: Guest & Required<Pick<Guest, 'currentMode'>> = {
  name: 'x64',
  elfMachine: ELF_MACHINE,
  state,
  // MXCSR 0x1f80: round to nearest even, no flush to zero, exceptions masked.
  initialFpEnv: NAN_POLICY.FIRST_OPERAND << FP_ENV.NAN_POLICY_SHIFT,
  careful: MODE_CAREFUL,
  liftBlock,
  disassemble,
  currentMode: (read) => ((read(flagSlots.direction) & 1n) === 0n ? 0 : MODE_BACKWARD),
};

export { readFlags, writeFlags } from './state.ts';
