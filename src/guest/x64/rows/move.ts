/** Data transfer. */

export const moveRows = {
  mov: {
    '88 /r': 'Eb,Gb',
    '89 /r': 'Ev,Gv',
    '8A /r': 'Gb,Eb',
    '8B /r': 'Gv,Ev',
    'A0 io': 'AL,Ob',
    'A1 io': 'rAX,Ov',
    'A2 io': 'Ob,AL',
    'A3 io': 'Ov,rAX',
    'B0 +r ib': 'Zb,Ib',
    'B8 +r iv': 'Zv,Iv',
    'C6 /0 ib': 'Eb,Ib',
    'C7 /0 iz': 'Ev,Iz',
  },
  lea: { '8D /r': 'Gv,M' },
  movzx: { '0F B6 /r': 'Gv,Eb', '0F B7 /r': 'Gv,Ew' },
  movsx: { '0F BE /r': 'Gv,Eb', '0F BF /r': 'Gv,Ew' },
  movsxd: { '63 /r': 'Gv,Ez' },
  push: { '50 +r d64': 'Zv', '68 iz d64': 'Iz', '6A ib d64': 'Ib', 'FF /6 d64': 'Ev' },
  pop: { '58 +r d64': 'Zv', '8F /0 d64': 'Ev' },
  leave: { 'C9 d64': '' },
} as const;
