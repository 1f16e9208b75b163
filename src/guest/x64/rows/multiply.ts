/** Multiplication, division, conversion of sizes, CRC32, ADX. */

export const multiplyRows = {
  mul: { 'F6 /4': 'Eb', 'F7 /4': 'Ev' },
  imul: { 'F6 /5': 'Eb', 'F7 /5': 'Ev', '0F AF /r': 'Gv,Ev', '6B /r ib': 'Gv,Ev,sIb', '69 /r iz': 'Gv,Ev,Iz' },
  div: { 'F6 /6': 'Eb', 'F7 /6': 'Ev' },
  idiv: { 'F6 /7': 'Eb', 'F7 /7': 'Ev' },
  mulx: { 'VEX.LZ.F2.0F38 F6 /r': 'Gy,By,Ey' },
  adcx: { '66 0F 38 F6 /r': 'Gy,Ey' },
  adox: { 'F3 0F 38 F6 /r': 'Gy,Ey' },
  cbw: { '98': '' },
  cwd: { '99': '' },
  crc32: { 'F2 0F 38 F0 /r': 'Gy,Eb', 'F2 0F 38 F1 /r': 'Gy,Ev' },
} as const;
