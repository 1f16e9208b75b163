/** Carry-less multiplication (SDM vol. 1, 12.13). */
export const cryptoRows = {
  pclmulqdq: { '66 0F 3A 44 /r ib': 'Vdq,Wdq,Ib' },
  vpclmulqdq: { 'VEX.128.66.0F3A 44 /r ib': 'Vdq,Hdq,Wdq,Ib' },
} as const;
