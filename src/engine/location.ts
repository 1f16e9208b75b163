/** A location is where translated code belongs: a guest pc, and the mode in which the guest is there, as one number. */
export function locationOf(pc: number, mode: number): number {
  return pc + mode * 0x100000000;
}
