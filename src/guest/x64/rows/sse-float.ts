/** Floating-point instructions on xmm registers: SSE to SSE4.1 (SDM vol. 1, chapters 10 to 12). */
import { legacy } from './vector.ts';

const arithmetic = { add: 0x58, mul: 0x59, sub: 0x5c, min: 0x5d, div: 0x5e, max: 0x5f } as const;
type Arithmetic = keyof typeof arithmetic;

/** Opcodes of a family, its mnemonics ending in a format. */
function ending<Name extends string, Format extends string>(
  opcodes: Readonly<Record<Name, number>>,
  format: Format,
): Record<`${Name}${Format}`, number> {
  const named = Object.entries<number>(opcodes).map(([name, opcode]) => [name + format, opcode]);
  return Object.fromEntries(named) as Record<`${Name}${Format}`, number>;
}

export const floatOpcodes = {
  ps: ending<Arithmetic, 'ps'>(arithmetic, 'ps'),
  pd: ending<Arithmetic, 'pd'>(arithmetic, 'pd'),
  ss: ending<Arithmetic, 'ss'>(arithmetic, 'ss'),
  sd: ending<Arithmetic, 'sd'>(arithmetic, 'sd'),
} as const;

export const logicOpcodes = { and: 0x54, andn: 0x55, or: 0x56, xor: 0x57 } as const;
export const logicSingle = ending(logicOpcodes, 'ps');
export const logicDouble = ending(logicOpcodes, 'pd');

export const sseFloatRows = {
  ...legacy('NP', '0F', floatOpcodes.ps, 'Vx,Wx'),
  ...legacy('66', '0F', floatOpcodes.pd, 'Vx,Wx'),
  ...legacy('F3', '0F', floatOpcodes.ss, 'Vdq,Wss'),
  ...legacy('F2', '0F', floatOpcodes.sd, 'Vdq,Wsd'),
  ...legacy('NP', '0F', { sqrtps: 0x51, rsqrtps: 0x52, rcpps: 0x53 }, 'Vx,Wx'),
  ...legacy('66', '0F', { sqrtpd: 0x51 }, 'Vx,Wx'),
  ...legacy('F3', '0F', { sqrtss: 0x51, rsqrtss: 0x52, rcpss: 0x53 }, 'Vdq,Wss'),
  ...legacy('F2', '0F', { sqrtsd: 0x51 }, 'Vdq,Wsd'),
  ...legacy('NP', '0F', logicSingle, 'Vx,Wx'),
  ...legacy('66', '0F', logicDouble, 'Vx,Wx'),
  cmpps: { 'NP 0F C2 /r ib': 'Vx,Wx,Ib' },
  cmppd: { '66 0F C2 /r ib': 'Vx,Wx,Ib' },
  cmpss: { 'F3 0F C2 /r ib': 'Vdq,Wss,Ib' },
  cmpsd: { 'F2 0F C2 /r ib': 'Vdq,Wsd,Ib' },
  ucomiss: { 'NP 0F 2E /r': 'Vdq,Wss' },
  ucomisd: { '66 0F 2E /r': 'Vdq,Wsd' },
  comiss: { 'NP 0F 2F /r': 'Vdq,Wss' },
  comisd: { '66 0F 2F /r': 'Vdq,Wsd' },
  ...legacy('66', '0F', { haddpd: 0x7c, hsubpd: 0x7d, addsubpd: 0xd0 }, 'Vx,Wx'),
  ...legacy('F2', '0F', { haddps: 0x7c, hsubps: 0x7d, addsubps: 0xd0 }, 'Vx,Wx'),
  ...legacy('66', '0F 3A', { roundps: 0x08, roundpd: 0x09, dpps: 0x40, dppd: 0x41 }, 'Vx,Wx,Ib', '/r ib'),
  ...legacy('66', '0F 3A', { roundss: 0x0a }, 'Vdq,Wss,Ib', '/r ib'),
  ...legacy('66', '0F 3A', { roundsd: 0x0b }, 'Vdq,Wsd,Ib', '/r ib'),
  cvtdq2ps: { 'NP 0F 5B /r': 'Vx,Wx' },
  cvtps2dq: { '66 0F 5B /r': 'Vx,Wx' },
  cvttps2dq: { 'F3 0F 5B /r': 'Vx,Wx' },
  cvtps2pd: { 'NP 0F 5A /r': 'Vdq,Wq' },
  cvtpd2ps: { '66 0F 5A /r': 'Vdq,Wdq' },
  cvtss2sd: { 'F3 0F 5A /r': 'Vdq,Wss' },
  cvtsd2ss: { 'F2 0F 5A /r': 'Vdq,Wsd' },
  cvtdq2pd: { 'F3 0F E6 /r': 'Vdq,Wq' },
  cvtpd2dq: { 'F2 0F E6 /r': 'Vdq,Wdq' },
  cvttpd2dq: { '66 0F E6 /r': 'Vdq,Wdq' },
  cvtpi2ps: { 'NP 0F 2A /r': 'Vdq,Qq' },
  cvtpi2pd: { '66 0F 2A /r': 'Vdq,Qq' },
  cvttps2pi: { 'NP 0F 2C /r': 'Pq,Wq' },
  cvttpd2pi: { '66 0F 2C /r': 'Pq,Wdq' },
  cvtps2pi: { 'NP 0F 2D /r': 'Pq,Wq' },
  cvtpd2pi: { '66 0F 2D /r': 'Pq,Wdq' },
  cvtsi2ss: { 'F3 0F 2A /r': 'Vdq,Ey' },
  cvtsi2sd: { 'F2 0F 2A /r': 'Vdq,Ey' },
  cvtss2si: { 'F3 0F 2D /r': 'Gy,Wss' },
  cvtsd2si: { 'F2 0F 2D /r': 'Gy,Wsd' },
  cvttss2si: { 'F3 0F 2C /r': 'Gy,Wss' },
  cvttsd2si: { 'F2 0F 2C /r': 'Gy,Wsd' },
} as const;
