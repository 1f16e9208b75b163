/** The disassemblers that ours is compared with, their output brought to one form. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One instruction: bits and bytes. */
export interface Encoding {
  readonly bits: number;
  readonly length: 2 | 4;
}

/** The text of an instruction in the common form, or null where the disassembler sees none. */
export type Listing = readonly (string | null)[];

const ASSEMBLER = 'riscv64-linux-gnu-as';
const OBJDUMP = 'riscv64-linux-gnu-objdump';
const ARCHITECTURE = 'rv64gc_zba_zbb_zbs_zihintpause';

/** Numbers as unsigned 64-bit decimals, one blank after the mnemonic, none elsewhere. */
export function normalize(text: string): string {
  const [, mnemonic = '', operands = ''] = /^(\S+)\s*(.*)$/.exec(text.trim()) ?? [];
  const numbers = operands
    .replace(/\s+/g, '')
    .replace(/(?<![a-z0-9])(-?)(0x[0-9a-f]+|\d+)(?![a-z])/g, (_, sign: string, digits: string) =>
      String(BigInt.asUintN(64, sign === '-' ? -BigInt(digits) : BigInt(digits))),
    );
  return numbers === '' ? mnemonic : `${mnemonic} ${numbers}`;
}

export function bytesOf(encodings: readonly Encoding[]): Uint8Array {
  const bytes = new Uint8Array(encodings.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { bits, length } of encodings) {
    if (length === 2) view.setUint16(offset, bits, true);
    else view.setUint32(offset, bits, true);
    offset += length;
  }
  return bytes;
}

/** Why `objdump` cannot be asked, or null. */
export function objdumpAbsent(): string | null {
  for (const tool of [ASSEMBLER, OBJDUMP])
    if (spawnSync(tool, ['--version']).status !== 0) return `${tool} is not installed`;
  return null;
}

/** GNU objdump without aliases. Its disassembly runs from address 0. */
export function objdump(encodings: readonly Encoding[]): Listing {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-objdump-'));
  try {
    writeFileSync(join(folder, 'code.bin'), bytesOf(encodings));
    writeFileSync(join(folder, 'code.s'), '.text\n.incbin "code.bin"\n');
    const run = (tool: string, ...args: string[]): string => {
      const result = spawnSync(tool, args, { cwd: folder, encoding: 'latin1', maxBuffer: 2 ** 28 });
      if (result.status !== 0) throw new Error(`${tool}: ${result.stderr}`);
      return result.stdout;
    };
    run(ASSEMBLER, `-march=${ARCHITECTURE}`, '-o', 'code.o', 'code.s');
    // Without the mapping symbols that call the bytes data.
    run('riscv64-linux-gnu-objcopy', '-w', '-N', '$*', 'code.o');
    return parseObjdump(run(OBJDUMP, '-d', '-z', '-M', 'no-aliases', 'code.o'), encodings);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parseObjdump(output: string, encodings: readonly Encoding[]): Listing {
  const texts = new Map<number, string>();
  for (const line of output.split('\n')) {
    const match = /^\s*([0-9a-f]+):\t\S+\s+(.*)$/.exec(line);
    if (match !== null) texts.set(parseInt(match[1]!, 16), match[2]!);
  }
  let address = 0;
  return encodings.map(({ length }) => {
    const text = texts.get(address)?.replace(/\s*[#<].*$/, '');
    address += length;
    return text === undefined || /^(\.|0x|c?\.?unimp\b)|unknown/.test(text) ? null : normalize(text);
  });
}

interface CapstoneInstruction {
  readonly mnemonic: string;
  readonly op_str: string;
  readonly size: number;
}

interface CapstoneModule {
  readonly ARCH_RISCV: number;
  readonly MODE_RISCV64: number;
  readonly MODE_RISCVC: number;
  readonly Capstone: new (
    architecture: number,
    mode: number,
  ) => { disasm(bytes: Uint8Array, address: number): CapstoneInstruction[]; close(): void };
}

/** Capstone, which prints aliases and branch displacements rather than targets: as if each stood at address 0. */
export async function capstone(encodings: readonly Encoding[]): Promise<Listing> {
  const load = createRequire(import.meta.url)('@alexaltea/capstone-js') as () => Promise<CapstoneModule>;
  const library = await load();
  const decoder = new library.Capstone(library.ARCH_RISCV, library.MODE_RISCV64 | library.MODE_RISCVC);
  try {
    return encodings.map((encoding) => {
      try {
        const [first] = decoder.disasm(bytesOf([encoding]), 0);
        return first?.size === encoding.length ? normalize(`${first.mnemonic} ${first.op_str}`) : null;
      } catch {
        // It throws where it decodes nothing.
        return null;
      }
    });
  } finally {
    decoder.close();
  }
}

/** Version line of objdump, for the log. */
export function objdumpVersion(): string {
  return spawnSync(OBJDUMP, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? '';
}
