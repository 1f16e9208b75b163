/** Shifts, rotations, bit instructions, BMI1 and BMI2. */

/** The shift group: by an immediate, by 1, by cl. */
function shift(digit: number): Readonly<Record<string, string>> {
  const by = String(digit);
  return {
    [`C0 /${by} ib`]: 'Eb,Ib',
    [`C1 /${by} ib`]: 'Ev,Ib',
    [`D0 /${by}`]: 'Eb,1',
    [`D1 /${by}`]: 'Ev,1',
    [`D2 /${by}`]: 'Eb,CL',
    [`D3 /${by}`]: 'Ev,CL',
  };
}

export const bitRows = {
  rol: shift(0),
  ror: shift(1),
  rcl: shift(2),
  rcr: shift(3),
  shl: shift(4),
  shr: shift(5),
  // The same as shl, without a mnemonic of its own in the manual.
  sal: shift(6),
  sar: shift(7),
  shld: { '0F A4 /r ib': 'Ev,Gv,Ib', '0F A5 /r': 'Ev,Gv,CL' },
  shrd: { '0F AC /r ib': 'Ev,Gv,Ib', '0F AD /r': 'Ev,Gv,CL' },
  bt: { '0F A3 /r': 'Ev,Gv', '0F BA /4 ib': 'Ev,Ib' },
  bts: { '0F AB /r lock': 'Ev,Gv', '0F BA /5 ib lock': 'Ev,Ib' },
  btr: { '0F B3 /r lock': 'Ev,Gv', '0F BA /6 ib lock': 'Ev,Ib' },
  btc: { '0F BB /r lock': 'Ev,Gv', '0F BA /7 ib lock': 'Ev,Ib' },
  bsf: { '0F BC /r': 'Gv,Ev' },
  bsr: { '0F BD /r': 'Gv,Ev' },
  tzcnt: { 'F3 0F BC /r': 'Gv,Ev' },
  lzcnt: { 'F3 0F BD /r': 'Gv,Ev' },
  popcnt: { 'F3 0F B8 /r': 'Gv,Ev' },
  bswap: { '0F C8 +r': 'Zv' },
  andn: { 'VEX.LZ.0F38 F2 /r': 'Gy,By,Ey' },
  bextr: { 'VEX.LZ.0F38 F7 /r': 'Gy,Ey,By' },
  blsr: { 'VEX.LZ.0F38 F3 /1': 'By,Ey' },
  blsmsk: { 'VEX.LZ.0F38 F3 /2': 'By,Ey' },
  blsi: { 'VEX.LZ.0F38 F3 /3': 'By,Ey' },
  bzhi: { 'VEX.LZ.0F38 F5 /r': 'Gy,Ey,By' },
  pdep: { 'VEX.LZ.F2.0F38 F5 /r': 'Gy,By,Ey' },
  pext: { 'VEX.LZ.F3.0F38 F5 /r': 'Gy,By,Ey' },
  rorx: { 'VEX.LZ.F2.0F3A F0 /r ib': 'Gy,Ey,Ib' },
  sarx: { 'VEX.LZ.F3.0F38 F7 /r': 'Gy,Ey,By' },
  shlx: { 'VEX.LZ.66.0F38 F7 /r': 'Gy,Ey,By' },
  shrx: { 'VEX.LZ.F2.0F38 F7 /r': 'Gy,Ey,By' },
} as const;
