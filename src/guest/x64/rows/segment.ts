/** Control transfer between segments. In 64-bit mode there is one code segment to go to. */

export const segmentRows = {
  callf: { 'FF /3 mem': 'M' },
  jmpf: { 'FF /5 mem': 'M' },
  retf: { 'CA iw': 'Iw', CB: '' },
  iret: { CF: '' },
} as const;
