/**
 * Operands as the opcode maps name them (Intel SDM vol. 2, appendix A.2): a letter for where the operand comes from, then
 * letters for its size.
 *
 *   E  ModRM.rm: general register or memory      G  ModRM.reg: general register     R  ModRM.rm: general register only
 *   M  ModRM.rm: memory only                     B  VEX.vvvv: general register      Z  low opcode bits: general register
 *   I  immediate, unsigned (sIb: sign-extended)   J  immediate, relative to the next instruction
 *   O  memory at the 64-bit address that follows the opcode
 *   X  memory at rsi                             Y  memory at rdi                   S  ModRM.reg: segment register
 *   V  ModRM.reg: xmm                            W  ModRM.rm: xmm or memory         U  ModRM.rm: xmm only
 *   H  VEX.vvvv: xmm                             L  immediate bits 7..4: xmm
 *   P  ModRM.reg: mmx                            Q  ModRM.rm: mmx or memory         N  ModRM.rm: mmx only
 *
 *   b 8, w 16, d 32, q 64, t 80, dq 128, qq 256 bits; x 128 or 256 by VEX.L; ss, sd, ps, pd scalars and vectors
 *   v 16, 32 or 64 by operand size; z the same, at most 32; y 32 or 64 by REX.W
 *
 * Others name a register or a number: AL CL DX AX rAX, eAX, FS, GS, ST0, STi (ModRM.rm), XMM0, 1.
 */
import { unreachable } from '../../common/assert.ts';

export type OperandSource =
  'rm' | 'reg' | 'vvvv' | 'opcode' | 'immediate' | 'relative' | 'offset' | 'rsi' | 'rdi' | 'segment' | 'is4' | 'fixed';

export type RegisterFile = 'general' | 'xmm' | 'mmx' | 'x87' | 'segment' | 'none';

/** `s`: the width of the operand that an immediate belongs to. */
export type SizeCode = 'v' | 'z' | 'y' | 'x' | 's' | number;

export interface OperandSpec {
  readonly text: string;
  readonly source: OperandSource;
  /** The registers that the operand names where it is one. */
  readonly file: RegisterFile;
  readonly size: SizeCode;
  /** Of the ModRM.rm operands: whether a register or a memory operand is allowed. */
  readonly allows: 'both' | 'register' | 'memory';
  /** Register number or value of a fixed operand. */
  readonly number: number;
}

const SIZES: Readonly<Record<string, SizeCode>> = {
  '': 0,
  b: 8,
  w: 16,
  d: 32,
  q: 64,
  t: 80,
  dq: 128,
  qq: 256,
  v: 'v',
  z: 'z',
  y: 'y',
  x: 'x',
  ps: 'x',
  pd: 'x',
  ss: 32,
  sd: 64,
};

interface Letter {
  readonly source: OperandSource;
  readonly file: RegisterFile;
  readonly allows?: 'register' | 'memory';
}

const LETTERS: Readonly<Record<string, Letter>> = {
  E: { source: 'rm', file: 'general' },
  R: { source: 'rm', file: 'general', allows: 'register' },
  M: { source: 'rm', file: 'none', allows: 'memory' },
  G: { source: 'reg', file: 'general' },
  B: { source: 'vvvv', file: 'general' },
  Z: { source: 'opcode', file: 'general' },
  I: { source: 'immediate', file: 'none' },
  J: { source: 'relative', file: 'none' },
  O: { source: 'offset', file: 'none' },
  X: { source: 'rsi', file: 'none' },
  Y: { source: 'rdi', file: 'none' },
  S: { source: 'segment', file: 'segment' },
  V: { source: 'reg', file: 'xmm' },
  W: { source: 'rm', file: 'xmm' },
  U: { source: 'rm', file: 'xmm', allows: 'register' },
  H: { source: 'vvvv', file: 'xmm' },
  L: { source: 'is4', file: 'xmm' },
  P: { source: 'reg', file: 'mmx' },
  Q: { source: 'rm', file: 'mmx' },
  N: { source: 'rm', file: 'mmx', allows: 'register' },
};

const fixed = (file: RegisterFile, number: number, size: SizeCode): Omit<OperandSpec, 'text'> => ({
  source: 'fixed',
  file,
  size,
  allows: 'both',
  number,
});

const FIXED: Readonly<Record<string, Omit<OperandSpec, 'text'>>> = {
  AL: fixed('general', 0, 8),
  CL: fixed('general', 1, 8),
  AX: fixed('general', 0, 16),
  DX: fixed('general', 2, 16),
  rAX: fixed('general', 0, 'v'),
  eAX: fixed('general', 0, 'z'),
  FS: fixed('segment', 4, 16),
  GS: fixed('segment', 5, 16),
  ST0: fixed('x87', 0, 80),
  XMM0: fixed('xmm', 0, 128),
  sIb: { source: 'immediate', file: 'none', size: 's', allows: 'both', number: 0 },
  '1': fixed('none', 1, 8),
  STi: { source: 'rm', file: 'x87', size: 80, allows: 'register', number: 0 },
};

/** Parses one operand of a row. A word that names none is an assertion: rows are part of the program. */
export function parseOperand(text: string): OperandSpec {
  const known = FIXED[text];
  if (known !== undefined) return { text, ...known };
  const letter = LETTERS[text.charAt(0)];
  const size = SIZES[text.slice(1)];
  if (letter === undefined || size === undefined) return unreachable(`no operand is called ${text}`);
  return { text, source: letter.source, file: letter.file, size, allows: letter.allows ?? 'both', number: 0 };
}
