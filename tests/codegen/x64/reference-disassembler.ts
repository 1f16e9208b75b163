/** Capstone, the disassembler that ours is compared with, its output brought to the form of ours. */
import { createRequire } from 'node:module';

interface CapstoneInstruction {
  readonly mnemonic: string;
  readonly op_str: string;
  readonly size: number;
}

interface CapstoneModule {
  readonly ARCH_X86: number;
  readonly MODE_64: number;
  readonly Capstone: new (
    architecture: number,
    mode: number,
  ) => { disasm(bytes: Uint8Array, address: number): CapstoneInstruction[]; close(): void };
}

export interface Listed {
  readonly text: string;
  readonly length: number;
}

/** Numbers as unsigned 64-bit hexadecimal, one blank after the mnemonic, none elsewhere. */
export function normalize(text: string): string {
  const match = /^((?:(?:lock|rep|repe|repne|notrack|bnd|data16|xacquire|xrelease) )*\S+)\s*(.*)$/.exec(text.trim());
  const [, mnemonic = '', operands = ''] = match ?? [];
  const numbers = operands
    .replace(/\s+/g, '')
    // Segment overrides without effect in 64-bit mode.
    .replace(/(cs|ds|es|ss):\[/, '[')
    // No index register, as a SIB byte may say.
    .replace(/\[riz(\*\d)?\+?|\+riz(\*\d)?/, (text) => (text.startsWith('[') ? '[' : ''))
    .replace(/(^|[^a-z0-9])(-?)(0x[0-9a-f]+|\d+)(?![a-z0-9])/g, (_, before: string, sign: string, digits: string) => {
      const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
      return `${before === '+' && sign === '' ? '+' : before}0x${BigInt.asUintN(64, value).toString(16)}`;
    });
  // Intel's manual knows no movabs.
  const name = mnemonic === 'movabs' ? 'mov' : mnemonic;
  return numbers === '' ? name : stackForms(`${name} ${numbers}`);
}

/** x87 instructions with the operands that Capstone leaves out left out, and its own spellings replaced. */
function stackForms(text: string): string {
  return (
    text
      .replace(/^(fu?com)pi /, '$1ip ')
      .replace(/^(f(?!cmov)\w+) st\(0x0\),(st\(0x\d\))$/, '$1 $2')
      .replace(/^(f\w+p) (st\(0x\d\)),st\(0x0\)$/, '$1 $2')
      .replace(/^(fbld|fbstp) tbyteptr/, '$1 xwordptr')
      .replace(/^(frstor|fnsave) dwordptr/, '$1 ')
      .replace(/^(f?x(?:save|rstor)\w*) ptr/, '$1 ')
      // The size of an element or of all of them.
      .replace(/^(v\w*gather\w+) (.*),\w+ptr/, '$1 $2,')
  );
}

/** Disassembles the first instruction in each piece of code, as if it stood at address 0; null where there is none. */
export async function capstone(pieces: readonly Uint8Array[]): Promise<(Listed | null)[]> {
  const load = createRequire(import.meta.url)('@alexaltea/capstone-js') as () => Promise<CapstoneModule>;
  const library = await load();
  const decoder = new library.Capstone(library.ARCH_X86, library.MODE_64);
  try {
    return pieces.map((bytes) => {
      try {
        const [first] = decoder.disasm(bytes, 0);
        return first === undefined
          ? null
          : { text: normalize(`${first.mnemonic} ${first.op_str}`), length: first.size };
      } catch {
        // It throws where it decodes nothing.
        return null;
      }
    });
  } finally {
    decoder.close();
  }
}
