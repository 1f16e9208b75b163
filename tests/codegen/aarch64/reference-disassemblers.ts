/** The disassemblers that ours is compared with, their output brought to one form. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The text of an instruction in the common form, or null where the disassembler sees none. */
export type Listing = readonly (string | null)[];

const ASSEMBLER = 'aarch64-linux-gnu-as';
const OBJDUMP = 'aarch64-linux-gnu-objdump';

/** `v1.4s-v3.4s` as a list of all registers. */
function listed(text: string): string {
  return text.replace(/v(\d+)(\.\w+)-v(\d+)\2/g, (_, first: string, lane: string, last: string) => {
    const count = ((Number(last) - Number(first) + 32) & 31) + 1;
    return Array.from({ length: count }, (__, at) => `v${String((Number(first) + at) & 31)}${lane}`).join(',');
  });
}

/**
 * Numbers as unsigned 64-bit decimals without `#`, one blank after the mnemonic, none elsewhere; fractions as short as
 * they can be.
 */
export function normalize(text: string): string {
  const [, mnemonic = '', operands = ''] = /^(\S+)\s*(.*)$/.exec(text.trim().toLowerCase()) ?? [];
  const numbers = listed(operands.replace(/[\s#]+/g, ''))
    .replace(/(?<![a-z0-9._])-?\d+\.\d+(?:e[+-]\d+)?/g, (digits) => `${String(Number(digits))}f`)
    .replace(/(?<![a-z0-9._])(-?)(0x[0-9a-f]+|\d+)(?![a-z.])/g, (_, sign: string, digits: string) =>
      String(BigInt.asUintN(64, sign === '-' ? -BigInt(digits) : BigInt(digits))),
    );
  return numbers === '' ? mnemonic : `${mnemonic} ${numbers}`;
}

function bytesOf(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true);
  return bytes;
}

/** Why `objdump` cannot be asked, or null. */
export function objdumpAbsent(): string | null {
  for (const tool of [ASSEMBLER, OBJDUMP])
    if (spawnSync(tool, ['--version']).status !== 0) return `${tool} is not installed`;
  return null;
}

function inFolder<Result>(use: (folder: string, run: (tool: string, ...args: string[]) => string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-objdump-'));
  try {
    return use(folder, (tool, ...args) => {
      const result = spawnSync(tool, args, { cwd: folder, encoding: 'latin1', maxBuffer: 2 ** 28 });
      if (result.status !== 0) throw new Error(`${tool}: ${result.stderr}`);
      return result.stdout;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** GNU objdump without aliases. Its disassembly runs from address 0. */
export function objdump(words: readonly number[]): Listing {
  return inFolder((folder, run) => {
    writeFileSync(join(folder, 'code.bin'), bytesOf(words));
    const output = run(OBJDUMP, '-D', '-z', '-b', 'binary', '-m', 'aarch64', '-M', 'no-aliases', 'code.bin');
    const texts = new Map<number, string>();
    for (const line of output.split('\n')) {
      const match = /^\s*([0-9a-f]+):\t\S+\s+(.*)$/.exec(line);
      if (match !== null) texts.set(parseInt(match[1]!, 16), match[2]!);
    }
    return words.map((_, i) => {
      const text = texts.get(i * 4)?.replace(/\s*(\/\/|<).*$/, '');
      return text === undefined || /undefined|^\.inst/.test(text) ? null : normalize(text);
    });
  });
}

/** What the GNU assembler makes of each line. */
export function assemble(lines: readonly string[]): number[] {
  return inFolder((folder, run) => {
    writeFileSync(join(folder, 'code.s'), `${lines.join('\n')}\n`);
    run(ASSEMBLER, '-march=armv8.6-a+sb+crypto+fp16', '--no-warn', '-o', 'code.o', 'code.s');
    run('aarch64-linux-gnu-objcopy', '-O', 'binary', '-j', '.text', 'code.o', 'code.bin');
    const bytes = spawnSync('cat', ['code.bin'], { cwd: folder, maxBuffer: 2 ** 28 }).stdout;
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
  });
}

interface CapstoneInstruction {
  readonly mnemonic: string;
  readonly op_str: string;
}

interface CapstoneModule {
  readonly ARCH_ARM64: number;
  readonly MODE_LITTLE_ENDIAN: number;
  readonly Capstone: new (
    architecture: number,
    mode: number,
  ) => { disasm(bytes: Uint8Array, address: number): CapstoneInstruction[]; close(): void };
}

/** Capstone, which prints aliases. Each instruction stands at address 0. */
export async function capstone(words: readonly number[]): Promise<Listing> {
  const load = createRequire(import.meta.url)('@alexaltea/capstone-js') as () => Promise<CapstoneModule>;
  const library = await load();
  const decoder = new library.Capstone(library.ARCH_ARM64, library.MODE_LITTLE_ENDIAN);
  try {
    return words.map((word) => {
      try {
        const [first] = decoder.disasm(bytesOf([word]), 0);
        return first === undefined ? null : normalize(`${first.mnemonic} ${first.op_str}`);
      } catch {
        // It throws where it decodes nothing.
        return null;
      }
    });
  } finally {
    decoder.close();
  }
}
