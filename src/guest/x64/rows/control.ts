/** Control transfer and instructions without operands. */
import { CONDITIONS, type Condition } from '../lifters/flags.ts';

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

type Named<Prefix extends string> = Record<`${Prefix}${Condition}`, Readonly<Record<string, string>>>;

/** A family of instructions, one for each condition code. */
function byCondition<Prefix extends string>(
  prefix: Prefix,
  encodings: (code: number) => Readonly<Record<string, string>>,
): Named<Prefix> {
  const rows = CONDITIONS.map((condition, code) => [`${prefix}${condition}`, encodings(code)] as const);
  return Object.fromEntries(rows) as Named<Prefix>;
}

export const controlRows = {
  ...byCondition('j', (code) => ({ [`${hex(0x70 + code)} ib f64`]: 'Jb', [`0F ${hex(0x80 + code)} iz f64`]: 'Jz' })),
  ...byCondition('set', (code) => ({ [`0F ${hex(0x90 + code)} /r`]: 'Eb' })),
  ...byCondition('cmov', (code) => ({ [`0F ${hex(0x40 + code)} /r`]: 'Gv,Ev' })),
  jmp: { 'EB ib f64': 'Jb', 'E9 iz f64': 'Jz', 'FF /4 f64': 'Ev' },
  call: { 'E8 iz f64': 'Jz', 'FF /2 f64': 'Ev' },
  ret: { 'C2 iw f64': 'Iw', 'C3 f64': '' },
  jrcxz: { 'E3 ib f64': 'Jb' },
  loopne: { 'E0 ib f64': 'Jb' },
  loope: { 'E1 ib f64': 'Jb' },
  loop: { 'E2 ib f64': 'Jb' },
  nop: {
    '90 noB': '',
    // Hints that mean nothing here (SDM vol. 2, NOP; opcode map of 0F 18 to 0F 1F).
    '0F 18 /r': 'Ev',
    '0F 19 /r': 'Ev',
    '0F 1A /r': 'Ev',
    '0F 1B /r': 'Ev',
    '0F 1C /r': 'Ev',
    '0F 1D /r': 'Ev',
    '0F 1E /r': 'Ev',
    '0F 1F /r': 'Ev',
  },
  pause: { 'F3 90 noB': '' },
  endbr64: { 'F3 0F 1E FA': '' },
  endbr32: { 'F3 0F 1E FB': '' },
  syscall: { '0F 05': '' },
  int3: { CC: '' },
  ud2: { '0F 0B': '' },
} as const;
