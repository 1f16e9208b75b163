/** Integer arithmetic and logic (SDM vol. 2; opcode maps in appendix A). */

/** The eight operations whose opcodes differ in bits 5..3 alone. */
function basic(digit: number, lock: ' lock' | '' = ' lock'): Readonly<Record<string, string>> {
  const byte = (low: number): string => (digit * 8 + low).toString(16).toUpperCase().padStart(2, '0');
  return {
    [`${byte(0)} /r${lock}`]: 'Eb,Gb',
    [`${byte(1)} /r${lock}`]: 'Ev,Gv',
    [`${byte(2)} /r`]: 'Gb,Eb',
    [`${byte(3)} /r`]: 'Gv,Ev',
    [`${byte(4)} ib`]: 'AL,Ib',
    [`${byte(5)} iz`]: 'rAX,Iz',
    [`80 /${String(digit)} ib${lock}`]: 'Eb,Ib',
    [`81 /${String(digit)} iz${lock}`]: 'Ev,Iz',
    [`83 /${String(digit)} ib${lock}`]: 'Ev,sIb',
  };
}

export const arithmeticRows = {
  add: basic(0),
  or: basic(1),
  adc: basic(2),
  sbb: basic(3),
  and: basic(4),
  sub: basic(5),
  xor: basic(6),
  cmp: basic(7, ''),
  test: {
    '84 /r': 'Eb,Gb',
    '85 /r': 'Ev,Gv',
    'A8 ib': 'AL,Ib',
    'A9 iz': 'rAX,Iz',
    'F6 /0 ib': 'Eb,Ib',
    'F6 /1 ib': 'Eb,Ib',
    'F7 /0 iz': 'Ev,Iz',
    'F7 /1 iz': 'Ev,Iz',
  },
  inc: { 'FE /0 lock': 'Eb', 'FF /0 lock': 'Ev' },
  dec: { 'FE /1 lock': 'Eb', 'FF /1 lock': 'Ev' },
  not: { 'F6 /2 lock': 'Eb', 'F7 /2 lock': 'Ev' },
  neg: { 'F6 /3 lock': 'Eb', 'F7 /3 lock': 'Ev' },
} as const;
