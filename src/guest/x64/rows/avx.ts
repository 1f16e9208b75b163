/** AVX, AVX2 and F16C (SDM vol. 1, chapter 14); forms of the SSE instructions under VEX first. */
import { floatOpcodes, logicDouble, logicSingle } from './sse-float.ts';
import {
  absoluteOpcodes,
  extendOpcodes,
  integerOpcodes,
  integerOpcodes38,
  unpackLowOpcodes,
  wideOpcodes,
  wideOpcodes38,
} from './sse-integer.ts';
import { joined, vex } from './vector.ts';

const THREE = 'Vx,Hx,Wx';

const float = {
  ...vex('NP', '0F', floatOpcodes.ps, THREE),
  ...vex('66', '0F', floatOpcodes.pd, THREE),
  ...vex('F3', '0F', floatOpcodes.ss, 'Vdq,Hdq,Wss'),
  ...vex('F2', '0F', floatOpcodes.sd, 'Vdq,Hdq,Wsd'),
  ...vex('NP', '0F', { sqrtps: 0x51, rsqrtps: 0x52, rcpps: 0x53 }, 'Vx,Wx'),
  ...vex('66', '0F', { sqrtpd: 0x51 }, 'Vx,Wx'),
  ...vex('F3', '0F', { sqrtss: 0x51, rsqrtss: 0x52, rcpss: 0x53 }, 'Vdq,Hdq,Wss'),
  ...vex('F2', '0F', { sqrtsd: 0x51 }, 'Vdq,Hdq,Wsd'),
  ...vex('NP', '0F', logicSingle, THREE),
  ...vex('66', '0F', logicDouble, THREE),
  vcmpps: { 'VEX.NP.0F C2 /r ib': 'Vx,Hx,Wx,Ib' },
  vcmppd: { 'VEX.66.0F C2 /r ib': 'Vx,Hx,Wx,Ib' },
  vcmpss: { 'VEX.F3.0F C2 /r ib': 'Vdq,Hdq,Wss,Ib' },
  vcmpsd: { 'VEX.F2.0F C2 /r ib': 'Vdq,Hdq,Wsd,Ib' },
  vucomiss: { 'VEX.NP.0F 2E /r': 'Vdq,Wss' },
  vucomisd: { 'VEX.66.0F 2E /r': 'Vdq,Wsd' },
  vcomiss: { 'VEX.NP.0F 2F /r': 'Vdq,Wss' },
  vcomisd: { 'VEX.66.0F 2F /r': 'Vdq,Wsd' },
  ...vex('66', '0F', { haddpd: 0x7c, hsubpd: 0x7d, addsubpd: 0xd0 }, THREE),
  ...vex('F2', '0F', { haddps: 0x7c, hsubps: 0x7d, addsubps: 0xd0 }, THREE),
  ...vex('66', '0F3A', { roundps: 0x08, roundpd: 0x09 }, 'Vx,Wx,Ib', '/r ib'),
  ...vex('66', '0F3A', { roundss: 0x0a }, 'Vdq,Hdq,Wss,Ib', '/r ib'),
  ...vex('66', '0F3A', { roundsd: 0x0b }, 'Vdq,Hdq,Wsd,Ib', '/r ib'),
  ...vex('66', '0F3A', { dpps: 0x40 }, 'Vx,Hx,Wx,Ib', '/r ib'),
  ...vex('66', '0F3A', { dppd: 0x41 }, 'Vdq,Hdq,Wdq,Ib', '/r ib', '.128'),
} as const;

const conversions = {
  vcvtdq2ps: { 'VEX.NP.0F 5B /r': 'Vx,Wx' },
  vcvtps2dq: { 'VEX.66.0F 5B /r': 'Vx,Wx' },
  vcvttps2dq: { 'VEX.F3.0F 5B /r': 'Vx,Wx' },
  vcvtps2pd: { 'VEX.128.NP.0F 5A /r': 'Vdq,Wq', 'VEX.256.NP.0F 5A /r': 'Vqq,Wdq' },
  vcvtdq2pd: { 'VEX.128.F3.0F E6 /r': 'Vdq,Wq', 'VEX.256.F3.0F E6 /r': 'Vqq,Wdq' },
  vcvtpd2ps: { 'VEX.66.0F 5A /r': 'Vdq,Wx' },
  vcvtpd2dq: { 'VEX.F2.0F E6 /r': 'Vdq,Wx' },
  vcvttpd2dq: { 'VEX.66.0F E6 /r': 'Vdq,Wx' },
  vcvtss2sd: { 'VEX.F3.0F 5A /r': 'Vdq,Hdq,Wss' },
  vcvtsd2ss: { 'VEX.F2.0F 5A /r': 'Vdq,Hdq,Wsd' },
  vcvtsi2ss: { 'VEX.F3.0F 2A /r': 'Vdq,Hdq,Ey' },
  vcvtsi2sd: { 'VEX.F2.0F 2A /r': 'Vdq,Hdq,Ey' },
  vcvtss2si: { 'VEX.F3.0F 2D /r': 'Gy,Wss' },
  vcvtsd2si: { 'VEX.F2.0F 2D /r': 'Gy,Wsd' },
  vcvttss2si: { 'VEX.F3.0F 2C /r': 'Gy,Wss' },
  vcvttsd2si: { 'VEX.F2.0F 2C /r': 'Gy,Wsd' },
} as const;

const moves = {
  vmovaps: { 'VEX.NP.0F 28 /r': 'Vx,Wx', 'VEX.NP.0F 29 /r': 'Wx,Vx' },
  vmovapd: { 'VEX.66.0F 28 /r': 'Vx,Wx', 'VEX.66.0F 29 /r': 'Wx,Vx' },
  vmovups: { 'VEX.NP.0F 10 /r': 'Vx,Wx', 'VEX.NP.0F 11 /r': 'Wx,Vx' },
  vmovupd: { 'VEX.66.0F 10 /r': 'Vx,Wx', 'VEX.66.0F 11 /r': 'Wx,Vx' },
  vmovdqa: { 'VEX.66.0F 6F /r': 'Vx,Wx', 'VEX.66.0F 7F /r': 'Wx,Vx' },
  vmovdqu: { 'VEX.F3.0F 6F /r': 'Vx,Wx', 'VEX.F3.0F 7F /r': 'Wx,Vx' },
  vlddqu: { 'VEX.F2.0F F0 /r': 'Vx,Mx' },
  vmovss: {
    'VEX.F3.0F 10 /r mem': 'Vdq,Md',
    'VEX.F3.0F 10 /r reg': 'Vdq,Hdq,Udq',
    'VEX.F3.0F 11 /r mem': 'Md,Vdq',
    'VEX.F3.0F 11 /r reg': 'Udq,Hdq,Vdq',
  },
  vmovsd: {
    'VEX.F2.0F 10 /r mem': 'Vdq,Mq',
    'VEX.F2.0F 10 /r reg': 'Vdq,Hdq,Udq',
    'VEX.F2.0F 11 /r mem': 'Mq,Vdq',
    'VEX.F2.0F 11 /r reg': 'Udq,Hdq,Vdq',
  },
  vmovlps: { 'VEX.128.NP.0F 12 /r mem': 'Vdq,Hdq,Mq', 'VEX.128.NP.0F 13 /r': 'Mq,Vdq' },
  vmovhlps: { 'VEX.128.NP.0F 12 /r reg': 'Vdq,Hdq,Udq' },
  vmovhps: { 'VEX.128.NP.0F 16 /r mem': 'Vdq,Hdq,Mq', 'VEX.128.NP.0F 17 /r': 'Mq,Vdq' },
  vmovlhps: { 'VEX.128.NP.0F 16 /r reg': 'Vdq,Hdq,Udq' },
  vmovlpd: { 'VEX.128.66.0F 12 /r': 'Vdq,Hdq,Mq', 'VEX.128.66.0F 13 /r': 'Mq,Vdq' },
  vmovhpd: { 'VEX.128.66.0F 16 /r': 'Vdq,Hdq,Mq', 'VEX.128.66.0F 17 /r': 'Mq,Vdq' },
  vmovsldup: { 'VEX.F3.0F 12 /r': 'Vx,Wx' },
  vmovshdup: { 'VEX.F3.0F 16 /r': 'Vx,Wx' },
  vmovddup: { 'VEX.128.F2.0F 12 /r': 'Vdq,Wq', 'VEX.256.F2.0F 12 /r': 'Vqq,Wqq' },
  vmovd: { 'VEX.128.66.0F.W0 6E /r': 'Vdq,Ed', 'VEX.128.66.0F.W0 7E /r': 'Ed,Vdq' },
  vmovq: {
    'VEX.128.66.0F.W1 6E /r': 'Vdq,Eq',
    'VEX.128.66.0F.W1 7E /r': 'Eq,Vdq',
    'VEX.128.F3.0F 7E /r': 'Vdq,Wq',
    'VEX.128.66.0F D6 /r': 'Wq,Vdq',
  },
  vmovntps: { 'VEX.NP.0F 2B /r': 'Mx,Vx' },
  vmovntpd: { 'VEX.66.0F 2B /r': 'Mx,Vx' },
  vmovntdq: { 'VEX.66.0F E7 /r': 'Mx,Vx' },
  vmovntdqa: { 'VEX.66.0F38 2A /r': 'Vx,Mx' },
  vmaskmovdqu: { 'VEX.128.66.0F F7 /r': 'Vdq,Udq' },
  vmovmskps: { 'VEX.NP.0F 50 /r': 'Gd,Ux' },
  vmovmskpd: { 'VEX.66.0F 50 /r': 'Gd,Ux' },
  vldmxcsr: { 'VEX.LZ.NP.0F AE /2': 'Md' },
  vstmxcsr: { 'VEX.LZ.NP.0F AE /3': 'Md' },
} as const;

const shuffles = {
  vshufps: { 'VEX.NP.0F C6 /r ib': 'Vx,Hx,Wx,Ib' },
  vshufpd: { 'VEX.66.0F C6 /r ib': 'Vx,Hx,Wx,Ib' },
  ...vex('NP', '0F', { unpcklps: 0x14, unpckhps: 0x15 }, THREE),
  ...vex('66', '0F', { unpcklpd: 0x14, unpckhpd: 0x15 }, THREE),
  vpshufd: { 'VEX.66.0F 70 /r ib': 'Vx,Wx,Ib' },
  vpshufhw: { 'VEX.F3.0F 70 /r ib': 'Vx,Wx,Ib' },
  vpshuflw: { 'VEX.F2.0F 70 /r ib': 'Vx,Wx,Ib' },
  vinsertps: { 'VEX.128.66.0F3A 21 /r ib': 'Vdq,Hdq,Wd,Ib' },
  vextractps: { 'VEX.128.66.0F3A 17 /r ib': 'Ed,Vdq,Ib' },
  vpinsrb: { 'VEX.128.66.0F3A 20 /r ib mem': 'Vdq,Hdq,Mb,Ib', 'VEX.128.66.0F3A 20 /r ib reg': 'Vdq,Hdq,Rd,Ib' },
  vpinsrw: { 'VEX.128.66.0F C4 /r ib mem': 'Vdq,Hdq,Mw,Ib', 'VEX.128.66.0F C4 /r ib reg': 'Vdq,Hdq,Rd,Ib' },
  vpinsrd: { 'VEX.128.66.0F3A.W0 22 /r ib': 'Vdq,Hdq,Ed,Ib' },
  vpinsrq: { 'VEX.128.66.0F3A.W1 22 /r ib': 'Vdq,Hdq,Eq,Ib' },
  vpextrb: { 'VEX.128.66.0F3A 14 /r ib mem': 'Mb,Vdq,Ib', 'VEX.128.66.0F3A 14 /r ib reg': 'Rd,Vdq,Ib' },
  vpextrw: {
    'VEX.128.66.0F C5 /r ib': 'Gd,Udq,Ib',
    'VEX.128.66.0F3A 15 /r ib mem': 'Mw,Vdq,Ib',
    'VEX.128.66.0F3A 15 /r ib reg': 'Rd,Vdq,Ib',
  },
  vpextrd: { 'VEX.128.66.0F3A.W0 16 /r ib': 'Ed,Vdq,Ib' },
  vpextrq: { 'VEX.128.66.0F3A.W1 16 /r ib': 'Eq,Vdq,Ib' },
  ...vex('66', '0F3A', { blendps: 0x0c, blendpd: 0x0d, pblendw: 0x0e, palignr: 0x0f }, 'Vx,Hx,Wx,Ib', '/r ib'),
  ...vex('66', '0F3A', { mpsadbw: 0x42 }, 'Vx,Hx,Wx,Ib', '/r ib'),
  ...vex('66', '0F3A', { blendvps: 0x4a, blendvpd: 0x4b, pblendvb: 0x4c }, 'Vx,Hx,Wx,Lx', '/r ib', '.W0'),
  vpblendd: { 'VEX.66.0F3A.W0 02 /r ib': 'Vx,Hx,Wx,Ib' },
} as const;

function shiftRows<Name extends string>(groups: Readonly<Record<Name, string>>) {
  const rows = Object.entries<string>(groups).map(([name, group]) => [
    `v${name}`,
    { [`VEX.66.0F ${group} ib`]: 'Hx,Ux,Ib' },
  ]);
  return Object.fromEntries(rows) as Record<`v${Name}`, Readonly<Record<string, string>>>;
}

/** The count of a shift has 128 bits also for ymm registers. */
const { psrlw, psraw, psllw, psrld, psrad, pslld, psrlq, psllq, ...unshifting } = integerOpcodes;
const groups = {
  psrlw: '71 /2',
  psraw: '71 /4',
  psllw: '71 /6',
  psrld: '72 /2',
  psrad: '72 /4',
  pslld: '72 /6',
  psrlq: '73 /2',
  psllq: '73 /6',
} as const;

const integer = {
  ...vex('66', '0F', unshifting, THREE),
  ...vex('66', '0F', unpackLowOpcodes, THREE),
  ...joined(
    vex('66', '0F', { psrlw, psraw, psllw, psrld, psrad, pslld, psrlq, psllq }, 'Vx,Hx,Wdq'),
    shiftRows(groups),
  ),
  ...shiftRows({ psrldq: '73 /3', pslldq: '73 /7' }),
  ...vex('66', '0F38', integerOpcodes38, THREE),
  ...vex('66', '0F38', absoluteOpcodes, 'Vx,Wx'),
  ...vex('66', '0F', wideOpcodes, THREE),
  ...vex('66', '0F38', wideOpcodes38, THREE),
  ...joined(
    vex('66', '0F38', extendOpcodes[64], 'Vdq,Wq', '/r', '.128'),
    vex('66', '0F38', extendOpcodes[64], 'Vqq,Wdq', '/r', '.256'),
  ),
  ...joined(
    vex('66', '0F38', extendOpcodes[32], 'Vdq,Wd', '/r', '.128'),
    vex('66', '0F38', extendOpcodes[32], 'Vqq,Wq', '/r', '.256'),
  ),
  ...joined(
    vex('66', '0F38', extendOpcodes[16], 'Vdq,Ww', '/r', '.128'),
    vex('66', '0F38', extendOpcodes[16], 'Vqq,Wd', '/r', '.256'),
  ),
  vpmovmskb: { 'VEX.66.0F D7 /r': 'Gd,Ux' },
  vptest: { 'VEX.66.0F38 17 /r': 'Vx,Wx' },
  vphminposuw: { 'VEX.128.66.0F38 41 /r': 'Vdq,Wdq' },
  vpcmpestrm: { 'VEX.128.66.0F3A 60 /r ib': 'Vdq,Wdq,Ib' },
  vpcmpestri: { 'VEX.128.66.0F3A 61 /r ib': 'Vdq,Wdq,Ib' },
  vpcmpistrm: { 'VEX.128.66.0F3A 62 /r ib': 'Vdq,Wdq,Ib' },
  vpcmpistri: { 'VEX.128.66.0F3A 63 /r ib': 'Vdq,Wdq,Ib' },
} as const;

/** What has no form before AVX. */
const own = {
  vbroadcastss: { 'VEX.66.0F38.W0 18 /r': 'Vx,Wd' },
  vbroadcastsd: { 'VEX.256.66.0F38.W0 19 /r': 'Vqq,Wq' },
  vbroadcastf128: { 'VEX.256.66.0F38.W0 1A /r': 'Vqq,Mdq' },
  vbroadcasti128: { 'VEX.256.66.0F38.W0 5A /r': 'Vqq,Mdq' },
  vpbroadcastb: { 'VEX.66.0F38.W0 78 /r': 'Vx,Wb' },
  vpbroadcastw: { 'VEX.66.0F38.W0 79 /r': 'Vx,Ww' },
  vpbroadcastd: { 'VEX.66.0F38.W0 58 /r': 'Vx,Wd' },
  vpbroadcastq: { 'VEX.66.0F38.W0 59 /r': 'Vx,Wq' },
  vextractf128: { 'VEX.256.66.0F3A.W0 19 /r ib': 'Wdq,Vqq,Ib' },
  vextracti128: { 'VEX.256.66.0F3A.W0 39 /r ib': 'Wdq,Vqq,Ib' },
  vinsertf128: { 'VEX.256.66.0F3A.W0 18 /r ib': 'Vqq,Hqq,Wdq,Ib' },
  vinserti128: { 'VEX.256.66.0F3A.W0 38 /r ib': 'Vqq,Hqq,Wdq,Ib' },
  vperm2f128: { 'VEX.256.66.0F3A.W0 06 /r ib': 'Vqq,Hqq,Wqq,Ib' },
  vperm2i128: { 'VEX.256.66.0F3A.W0 46 /r ib': 'Vqq,Hqq,Wqq,Ib' },
  vpermilps: { 'VEX.66.0F38.W0 0C /r': THREE, 'VEX.66.0F3A.W0 04 /r ib': 'Vx,Wx,Ib' },
  vpermilpd: { 'VEX.66.0F38.W0 0D /r': THREE, 'VEX.66.0F3A.W0 05 /r ib': 'Vx,Wx,Ib' },
  vpermd: { 'VEX.256.66.0F38.W0 36 /r': 'Vqq,Hqq,Wqq' },
  vpermps: { 'VEX.256.66.0F38.W0 16 /r': 'Vqq,Hqq,Wqq' },
  vpermq: { 'VEX.256.66.0F3A.W1 00 /r ib': 'Vqq,Wqq,Ib' },
  vpermpd: { 'VEX.256.66.0F3A.W1 01 /r ib': 'Vqq,Wqq,Ib' },
  vtestps: { 'VEX.66.0F38.W0 0E /r': 'Vx,Wx' },
  vtestpd: { 'VEX.66.0F38.W0 0F /r': 'Vx,Wx' },
  vmaskmovps: { 'VEX.66.0F38.W0 2C /r': 'Vx,Hx,Mx', 'VEX.66.0F38.W0 2E /r': 'Mx,Hx,Vx' },
  vmaskmovpd: { 'VEX.66.0F38.W0 2D /r': 'Vx,Hx,Mx', 'VEX.66.0F38.W0 2F /r': 'Mx,Hx,Vx' },
  vpmaskmovd: { 'VEX.66.0F38.W0 8C /r': 'Vx,Hx,Mx', 'VEX.66.0F38.W0 8E /r': 'Mx,Hx,Vx' },
  vpmaskmovq: { 'VEX.66.0F38.W1 8C /r': 'Vx,Hx,Mx', 'VEX.66.0F38.W1 8E /r': 'Mx,Hx,Vx' },
  vzeroupper: { 'VEX.128.NP.0F 77': '' },
  vzeroall: { 'VEX.256.NP.0F 77': '' },
  vpsllvd: { 'VEX.66.0F38.W0 47 /r': THREE },
  vpsllvq: { 'VEX.66.0F38.W1 47 /r': THREE },
  vpsrlvd: { 'VEX.66.0F38.W0 45 /r': THREE },
  vpsrlvq: { 'VEX.66.0F38.W1 45 /r': THREE },
  vpsravd: { 'VEX.66.0F38.W0 46 /r': THREE },
  // The second operand's index is a vector register (SDM vol. 2, 2.3.12).
  vpgatherdd: { 'VEX.66.0F38.W0 90 /r vsib': 'Vx,Md,Hx' },
  vpgatherdq: { 'VEX.66.0F38.W1 90 /r vsib': 'Vx,Mq,Hx' },
  vpgatherqd: { 'VEX.66.0F38.W0 91 /r vsib': 'Vdq,Md,Hdq' },
  vpgatherqq: { 'VEX.66.0F38.W1 91 /r vsib': 'Vx,Mq,Hx' },
  vgatherdps: { 'VEX.66.0F38.W0 92 /r vsib': 'Vx,Md,Hx' },
  vgatherdpd: { 'VEX.66.0F38.W1 92 /r vsib': 'Vx,Mq,Hx' },
  vgatherqps: { 'VEX.66.0F38.W0 93 /r vsib': 'Vdq,Md,Hdq' },
  vgatherqpd: { 'VEX.66.0F38.W1 93 /r vsib': 'Vx,Mq,Hx' },
} as const;

export const avxFloatRows = { ...float, ...conversions };
export const avxMoveRows = { ...moves, ...shuffles };
export const avxIntegerRows = integer;
export const avxRows = own;

/** Multiply-add families by opcode of their 132 form, packed; scalar forms follow, 213 and 231 forms 16 and 32 above. */
const fusedFamilies = {
  vfmaddsub: 0x96,
  vfmsubadd: 0x97,
  vfmadd: 0x98,
  vfmsub: 0x9a,
  vfnmadd: 0x9c,
  vfnmsub: 0x9e,
} as const;
type Family = keyof typeof fusedFamilies;
type Alternating = 'vfmaddsub' | 'vfmsubadd';
type Order = '132' | '213' | '231';
export type FusedName = `${Family}${Order}${'ps' | 'pd'}` | `${Exclude<Family, Alternating>}${Order}${'ss' | 'sd'}`;

function fusedRows(): Record<FusedName, Readonly<Record<string, string>>> {
  const rows: Record<string, Record<string, string>> = {};
  const hex = (byte: number): string => byte.toString(16).toUpperCase();
  for (const [family, base] of Object.entries(fusedFamilies))
    for (const [index, order] of ['132', '213', '231'].entries()) {
      const opcode = base + 16 * index;
      rows[`${family}${order}ps`] = { [`VEX.66.0F38.W0 ${hex(opcode)} /r`]: THREE };
      rows[`${family}${order}pd`] = { [`VEX.66.0F38.W1 ${hex(opcode)} /r`]: THREE };
      if (base < 0x98) continue;
      rows[`${family}${order}ss`] = { [`VEX.66.0F38.W0 ${hex(opcode + 1)} /r`]: 'Vdq,Hdq,Wss' };
      rows[`${family}${order}sd`] = { [`VEX.66.0F38.W1 ${hex(opcode + 1)} /r`]: 'Vdq,Hdq,Wsd' };
    }
  return rows;
}

export const fmaRows = fusedRows();
