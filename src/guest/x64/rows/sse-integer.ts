/** Integer instructions on xmm and mm registers: MMX, SSE to SSE4.2. */
import { joined, legacy } from './vector.ts';

/** Instructions of two operands that exist for both register files, map 0F. */
export const integerOpcodes = {
  packsswb: 0x63,
  pcmpgtb: 0x64,
  pcmpgtw: 0x65,
  pcmpgtd: 0x66,
  packuswb: 0x67,
  punpckhbw: 0x68,
  punpckhwd: 0x69,
  punpckhdq: 0x6a,
  packssdw: 0x6b,
  pcmpeqb: 0x74,
  pcmpeqw: 0x75,
  pcmpeqd: 0x76,
  psrlw: 0xd1,
  psrld: 0xd2,
  psrlq: 0xd3,
  paddq: 0xd4,
  pmullw: 0xd5,
  psubusb: 0xd8,
  psubusw: 0xd9,
  pminub: 0xda,
  pand: 0xdb,
  paddusb: 0xdc,
  paddusw: 0xdd,
  pmaxub: 0xde,
  pandn: 0xdf,
  pavgb: 0xe0,
  psraw: 0xe1,
  psrad: 0xe2,
  pavgw: 0xe3,
  pmulhuw: 0xe4,
  pmulhw: 0xe5,
  psubsb: 0xe8,
  psubsw: 0xe9,
  pminsw: 0xea,
  por: 0xeb,
  paddsb: 0xec,
  paddsw: 0xed,
  pmaxsw: 0xee,
  pxor: 0xef,
  psllw: 0xf1,
  pslld: 0xf2,
  psllq: 0xf3,
  pmuludq: 0xf4,
  pmaddwd: 0xf5,
  psadbw: 0xf6,
  psubb: 0xf8,
  psubw: 0xf9,
  psubd: 0xfa,
  psubq: 0xfb,
  paddb: 0xfc,
  paddw: 0xfd,
  paddd: 0xfe,
} as const;

/** Of mm registers these read half a memory operand. */
export const unpackLowOpcodes = { punpcklbw: 0x60, punpcklwd: 0x61, punpckldq: 0x62 } as const;

/** The same of map 0F38. */
export const integerOpcodes38 = {
  pshufb: 0x00,
  phaddw: 0x01,
  phaddd: 0x02,
  phaddsw: 0x03,
  pmaddubsw: 0x04,
  phsubw: 0x05,
  phsubd: 0x06,
  phsubsw: 0x07,
  psignb: 0x08,
  psignw: 0x09,
  psignd: 0x0a,
  pmulhrsw: 0x0b,
} as const;
export const absoluteOpcodes = { pabsb: 0x1c, pabsw: 0x1d, pabsd: 0x1e } as const;

/** Of xmm registers alone. */
export const wideOpcodes = { punpcklqdq: 0x6c, punpckhqdq: 0x6d } as const;
export const wideOpcodes38 = {
  pmuldq: 0x28,
  pcmpeqq: 0x29,
  packusdw: 0x2b,
  pcmpgtq: 0x37,
  pminsb: 0x38,
  pminsd: 0x39,
  pminuw: 0x3a,
  pminud: 0x3b,
  pmaxsb: 0x3c,
  pmaxsd: 0x3d,
  pmaxuw: 0x3e,
  pmaxud: 0x3f,
  pmulld: 0x40,
} as const;
/** To 16, 32 and 64 bits from 8; to 32 and 64 from 16; to 64 from 32: by the bits of memory that they read. */
export const extendOpcodes = {
  64: { pmovsxbw: 0x20, pmovsxwd: 0x23, pmovsxdq: 0x25, pmovzxbw: 0x30, pmovzxwd: 0x33, pmovzxdq: 0x35 },
  32: { pmovsxbd: 0x21, pmovsxwq: 0x24, pmovzxbd: 0x31, pmovzxwq: 0x34 },
  16: { pmovsxbq: 0x22, pmovzxbq: 0x32 },
} as const;

/** Shifts by an immediate: opcode 71 to 73, the digit in ModRM.reg. */
const shiftGroups = {
  psrlw: '71 /2',
  psraw: '71 /4',
  psllw: '71 /6',
  psrld: '72 /2',
  psrad: '72 /4',
  pslld: '72 /6',
  psrlq: '73 /2',
  psllq: '73 /6',
} as const;
export const byteShiftGroups = { psrldq: '73 /3', pslldq: '73 /7' } as const;
type Shift = keyof typeof shiftGroups;

function shiftRows(prefix: 'NP' | '66', operands: string): Record<Shift, Record<string, string>> {
  const rows = Object.entries(shiftGroups).map(([name, group]) => [name, { [`${prefix} 0F ${group} ib`]: operands }]);
  return Object.fromEntries(rows) as Record<Shift, Record<string, string>>;
}

const shared = joined(
  legacy('NP', '0F', integerOpcodes, 'Pq,Qq'),
  legacy('66', '0F', integerOpcodes, 'Vx,Wx'),
  shiftRows('NP', 'Nq,Ib') as Record<keyof typeof integerOpcodes, Record<string, string>>,
  shiftRows('66', 'Ux,Ib') as Record<keyof typeof integerOpcodes, Record<string, string>>,
);

export const sseIntegerRows = {
  ...shared,
  ...joined(legacy('NP', '0F', unpackLowOpcodes, 'Pq,Qd'), legacy('66', '0F', unpackLowOpcodes, 'Vx,Wx')),
  ...joined(legacy('NP', '0F 38', integerOpcodes38, 'Pq,Qq'), legacy('66', '0F 38', integerOpcodes38, 'Vx,Wx')),
  ...joined(legacy('NP', '0F 38', absoluteOpcodes, 'Pq,Qq'), legacy('66', '0F 38', absoluteOpcodes, 'Vx,Wx')),
  ...legacy('66', '0F', wideOpcodes, 'Vx,Wx'),
  ...legacy('66', '0F 38', wideOpcodes38, 'Vx,Wx'),
  ...legacy('66', '0F 38', extendOpcodes[64], 'Vdq,Wq'),
  ...legacy('66', '0F 38', extendOpcodes[32], 'Vdq,Wd'),
  ...legacy('66', '0F 38', extendOpcodes[16], 'Vdq,Ww'),
  psrldq: { '66 0F 73 /3 ib': 'Ux,Ib' },
  pslldq: { '66 0F 73 /7 ib': 'Ux,Ib' },
  palignr: { 'NP 0F 3A 0F /r ib': 'Pq,Qq,Ib', '66 0F 3A 0F /r ib': 'Vx,Wx,Ib' },
  pshufw: { 'NP 0F 70 /r ib': 'Pq,Qq,Ib' },
  pinsrw: {
    'NP 0F C4 /r ib mem': 'Pq,Mw,Ib',
    'NP 0F C4 /r ib reg': 'Pq,Rd,Ib',
    '66 0F C4 /r ib mem': 'Vdq,Mw,Ib',
    '66 0F C4 /r ib reg': 'Vdq,Rd,Ib',
  },
  pextrw: {
    'NP 0F C5 /r ib': 'Gd,Nq,Ib',
    '66 0F C5 /r ib': 'Gd,Udq,Ib',
    '66 0F 3A 15 /r ib mem': 'Mw,Vdq,Ib',
    '66 0F 3A 15 /r ib reg': 'Rd,Vdq,Ib',
  },
  pmovmskb: { 'NP 0F D7 /r': 'Gd,Nq', '66 0F D7 /r': 'Gd,Ux' },
  ptest: { '66 0F 38 17 /r': 'Vx,Wx' },
  phminposuw: { '66 0F 38 41 /r': 'Vdq,Wdq' },
  mpsadbw: { '66 0F 3A 42 /r ib': 'Vx,Wx,Ib' },
  pcmpestrm: { '66 0F 3A 60 /r ib': 'Vdq,Wdq,Ib' },
  pcmpestri: { '66 0F 3A 61 /r ib': 'Vdq,Wdq,Ib' },
  pcmpistrm: { '66 0F 3A 62 /r ib': 'Vdq,Wdq,Ib' },
  pcmpistri: { '66 0F 3A 63 /r ib': 'Vdq,Wdq,Ib' },
} as const;
