/** AES, carry-less multiplication, SHA (SDM vol. 1, 12.13 to 12.15) and half precision (14.4). */
import { legacy, vex } from './vector.ts';

const aes = { aesenc: 0xdc, aesenclast: 0xdd, aesdec: 0xde, aesdeclast: 0xdf } as const;

export const cryptoRows = {
  ...legacy('66', '0F 38', aes, 'Vdq,Wdq'),
  ...vex('66', '0F38', aes, 'Vdq,Hdq,Wdq', '/r', '.128'),
  aesimc: { '66 0F 38 DB /r': 'Vdq,Wdq' },
  vaesimc: { 'VEX.128.66.0F38 DB /r': 'Vdq,Wdq' },
  aeskeygenassist: { '66 0F 3A DF /r ib': 'Vdq,Wdq,Ib' },
  vaeskeygenassist: { 'VEX.128.66.0F3A DF /r ib': 'Vdq,Wdq,Ib' },
  pclmulqdq: { '66 0F 3A 44 /r ib': 'Vdq,Wdq,Ib' },
  vpclmulqdq: { 'VEX.128.66.0F3A 44 /r ib': 'Vdq,Hdq,Wdq,Ib' },
  ...legacy(
    'NP',
    '0F 38',
    { sha1nexte: 0xc8, sha1msg1: 0xc9, sha1msg2: 0xca, sha256msg1: 0xcc, sha256msg2: 0xcd },
    'Vdq,Wdq',
  ),
  sha256rnds2: { 'NP 0F 38 CB /r': 'Vdq,Wdq,XMM0' },
  sha1rnds4: { 'NP 0F 3A CC /r ib': 'Vdq,Wdq,Ib' },
  vcvtph2ps: { 'VEX.128.66.0F38.W0 13 /r': 'Vdq,Wq', 'VEX.256.66.0F38.W0 13 /r': 'Vqq,Wdq' },
  vcvtps2ph: { 'VEX.128.66.0F3A.W0 1D /r ib': 'Wq,Vdq,Ib', 'VEX.256.66.0F3A.W0 1D /r ib': 'Wdq,Vqq,Ib' },
} as const;
