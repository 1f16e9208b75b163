/** The reference for assembly cases: qemu-riscv64, where it and a cross compiler are installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE, DATA_WORDS, type MachineState, type Outcome, type TrapName } from './case-file.ts';

const COMPILER = 'riscv64-linux-gnu-gcc';
const EMULATOR = 'qemu-riscv64-static';
const FLAGS = ['-static', '-O1', '-fno-stack-protector', '-Wl,--no-relax'];
const CODE_CAPACITY = 256;
const TEST_SIZE = 8 + CODE_CAPACITY + (32 + 32 + 1 + DATA_WORDS) * 8;
const OUTCOME_SIZE = (2 + 32 + 32 + 1 + DATA_WORDS) * 8;

const signalNames: Readonly<Record<number, TrapName>> = { 4: 'illegal', 5: 'breakpoint', 7: 'misaligned', 11: 'fault' };

/** Why the reference cannot run here, or null. */
export function referenceAbsent(): string | null {
  for (const tool of [COMPILER, EMULATOR])
    if (spawnSync(tool, ['--version']).status !== 0) return `${tool} is not installed`;
  return null;
}

export interface ReferenceCase {
  readonly code: Uint8Array;
  readonly start: MachineState;
}

function writeCases(cases: readonly ReferenceCase[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * TEST_SIZE);
  const view = new DataView(bytes.buffer);
  cases.forEach(({ code, start }, i) => {
    let at = i * TEST_SIZE;
    view.setUint32(at, code.length, true);
    bytes.set(code, at + 8);
    at += 8 + CODE_CAPACITY;
    for (const word of [...start.x, ...start.f, BigInt(start.fcsr), ...start.memory]) {
      view.setBigUint64(at, word, true);
      at += 8;
    }
  });
  return bytes;
}

function readOutcomes(bytes: Uint8Array): Outcome[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / OUTCOME_SIZE }, (_, i) => {
    const words = (from: number, count: number): bigint[] =>
      Array.from({ length: count }, (_unused, k) => view.getBigUint64(i * OUTCOME_SIZE + (from + k) * 8, true));
    const [signal = 0n, pc = 0n] = words(0, 2);
    const trap = signalNames[Number(signal)];
    if (trap === undefined) throw new Error(`case ${String(i)} ended with signal ${String(signal)}`);
    return {
      trap,
      pc: Number(pc) - CODE,
      x: words(2, 32),
      f: words(34, 32),
      fcsr: Number(words(66, 1)[0]),
      memory: words(67, DATA_WORDS),
    };
  });
}

/** Runs all cases in one process. */
export function runReference(cases: readonly ReferenceCase[]): Outcome[] {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-reference-'));
  try {
    const program = join(folder, 'reference');
    const source = fileURLToPath(new URL('reference.c', import.meta.url));
    const compiled = spawnSync(COMPILER, [...FLAGS, '-o', program, source], { encoding: 'utf8' });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    const run = spawnSync(EMULATOR, [program], { input: writeCases(cases), maxBuffer: 2 ** 28 });
    if (run.status !== 0) throw new Error(`${EMULATOR} ended with ${String(run.status)}: ${run.stderr.toString()}`);
    return readOutcomes(run.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
