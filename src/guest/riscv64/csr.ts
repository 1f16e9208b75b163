/** Control and status registers that user code sees (privileged manual, table 4). */
export const CSR = {
  fflags: 0x001,
  frm: 0x002,
  fcsr: 0x003,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
} as const;

const namesByNumber: ReadonlyMap<number, string> = new Map(Object.entries(CSR).map(([name, number]) => [number, name]));

/** As an assembler prints it. */
export function csrName(csr: number): string {
  return namesByNumber.get(csr) ?? `0x${csr.toString(16)}`;
}
