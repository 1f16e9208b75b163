/** The x64 guest: user instructions of 64-bit mode (Intel SDM, AMD APM). */
import type { Guest } from '../guest.ts';
import type { CpuLevel } from './cpuid.ts';
import { disassemble } from './disassemble.ts';
import { liftBlock } from './lift.ts';
import { FP_ENV_FIXED } from './mxcsr.ts';
import { flagSlots, fpTrapsSlot, MODE_BACKWARD, MODE_CAREFUL, MODE_FP_TRAPS, state } from './state.ts';

/** `EM_X86_64`. */
const ELF_MACHINE = 62;

/** The guest whose CPUID advertises the features of a level. */
export function createX64(cpu: CpuLevel): Guest & Required<Pick<Guest, 'currentMode'>> {
  return {
    name: 'x64',
    // What CPUID gives are constants.
    ...(cpu === 'v3' ? {} : { variant: cpu }),
    elfMachine: ELF_MACHINE,
    state,
    // MXCSR 0x1f80: round to nearest even, no flush to zero, exceptions masked.
    initialFpEnv: FP_ENV_FIXED,
    careful: MODE_CAREFUL,
    coherentCode: true,
    liftBlock: (source, pc, mode, maxInstructions) => liftBlock(source, pc, mode, maxInstructions, cpu),
    disassemble,
    currentMode: (read) =>
      ((read(flagSlots.direction) & 1n) === 0n ? 0 : MODE_BACKWARD) |
      ((read(fpTrapsSlot) & 0xffffffffn) === 0n ? 0 : MODE_FP_TRAPS),
  };
}

export const x64 = createX64('v3');

export { mxcsrOf, restoreMxcsr } from './mxcsr.ts';
export { readFlags, writeFlags } from './state.ts';
