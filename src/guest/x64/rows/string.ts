/** String instructions. */

export const stringRows = {
  movs: { 'A4 rep': 'Yb,Xb', 'A5 rep': 'Yv,Xv' },
  cmps: { 'A6 rep': 'Xb,Yb', 'A7 rep': 'Xv,Yv' },
  stos: { 'AA rep': 'Yb,AL', 'AB rep': 'Yv,rAX' },
  lods: { 'AC rep': 'AL,Xb', 'AD rep': 'rAX,Xv' },
  scas: { 'AE rep': 'AL,Yb', 'AF rep': 'rAX,Yv' },
} as const;
