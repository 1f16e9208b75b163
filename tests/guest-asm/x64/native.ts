/** Runs cases on the host's own processor, where that is an x64 one with a C compiler. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE, DATA_SIZE, type MachineState, type Outcome, type TrapName } from './machine.ts';

const FX_SIZE = 416;
const STATE_SIZE = 17 * 8 + FX_SIZE + DATA_SIZE;
const TEST_SIZE = 8 + 256 + STATE_SIZE;
const OUTCOME_SIZE = 24 + STATE_SIZE;

/** Why the processor cannot be asked, or null. */
export function nativeAbsent(): string | null {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'the host is no x64 Linux';
  return spawnSync('cc', ['--version']).status === 0 ? null : 'no C compiler';
}

export interface NativeCase {
  readonly code: Uint8Array;
  readonly start: MachineState;
}

function encode(cases: readonly NativeCase[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * TEST_SIZE);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, start }] of cases.entries()) {
    const at = index * TEST_SIZE;
    view.setBigUint64(at, BigInt(code.length), true);
    bytes.set(code, at + 8);
    const state = at + 8 + 256;
    start.registers.forEach((value, register) => {
      view.setBigUint64(state + 8 * register, value, true);
    });
    view.setBigUint64(state + 128, BigInt(start.flags), true);
    const fx = state + 136;
    view.setUint16(fx, 0x37f, true);
    view.setUint32(fx + 24, 0x1f80, true);
    view.setUint32(fx + 28, 0xffff, true);
    bytes.set(start.memory, fx + FX_SIZE);
  }
  return bytes;
}

const SIGNALS: Readonly<Record<number, TrapName>> = {
  4: 'illegal',
  5: 'breakpoint',
  7: 'fault',
  8: 'divide',
  11: 'fault',
};

function decode(bytes: Uint8Array, index: number): Outcome {
  const view = new DataView(bytes.buffer, bytes.byteOffset + index * OUTCOME_SIZE, OUTCOME_SIZE);
  const trap = SIGNALS[Number(view.getBigUint64(0, true))] ?? 'fault';
  // int3 is over when it traps.
  const pc = Number(view.getBigUint64(8, true)) - CODE - (trap === 'breakpoint' ? 1 : 0);
  const registers = Array.from({ length: 16 }, (_, register) => view.getBigUint64(24 + 8 * register, true));
  const memory = new Uint8Array(view.buffer, view.byteOffset + 24 + 136 + FX_SIZE, DATA_SIZE).slice();
  // RF is the processor's own business.
  const flags = Number(view.getBigUint64(24 + 128, true)) & ~0x10000;
  return { registers, flags, memory, pc, trap };
}

/** The harness, compiled once. */
export class Native {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hospes-native-'));
  readonly #program = join(this.#folder, 'native');

  constructor() {
    const source = fileURLToPath(new URL('native.c', import.meta.url));
    const result = spawnSync('cc', ['-O2', '-static-pie', '-fno-stack-protector', '-o', this.#program, source], {
      encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(`cc: ${result.stderr}`);
  }

  run(cases: readonly NativeCase[]): Outcome[] {
    const input = encode(cases);
    const { status, stdout, signal } = spawnSync(this.#program, { input, maxBuffer: 2 ** 30 });
    if (status !== 0) throw new Error(`the native harness ended with ${String(status ?? signal)}`);
    return cases.map((_, index) => decode(stdout, index));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
