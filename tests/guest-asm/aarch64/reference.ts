/** Runs cases as one program (see tests/fuzz/aarch64/program.mjs): in Hospes, and in qemu-aarch64 where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Vcpu } from '../../../src/engine/vcpu.ts';
import { aarch64, aarch64Rows } from '../../../src/guest/aarch64/index.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { aarch64 as fuzz } from '../../fuzz/aarch64/guest.mjs';
import { runInHospes } from '../../fuzz/hospes.mjs';
import { CODE, elfFile, type Program } from '../../fuzz/layout.mjs';
import { describeOutcome, stateWith, type Case } from './case-file.ts';

/** Cases are given as words; the driver around them as rows. */
const encoder = {
  encode: (name: string, values: Readonly<Record<string, number>>): number =>
    name === '.word' ? (values['word'] ?? 0) : aarch64Rows.encode(name as never, values),
  lengthOf: () => 4,
};

/** Each case with the empty sequence before it: what that leaves is the state at the start. */
export function programOf(cases: readonly Case[]): Program {
  const runs = cases.flatMap(({ words, inputs }) => {
    const item = words.map((word) => ({ name: '.word', values: { word } }));
    const sequence = { ...stateWith(inputs), items: [item] };
    return [
      { sequence, limit: 0 },
      { sequence, limit: 1 },
    ];
  });
  return fuzz.layOut(encoder, runs);
}

/** The right sides of the arrows from the program's data at its end. */
export function outcomes(cases: readonly Case[], program: Program, data: Uint8Array): string[] {
  return cases.map((_, i) => {
    const start = fuzz.readRecord(data, 2 * i);
    const end = fuzz.readRecord(data, 2 * i + 1);
    // The pointer is an address in the record: each record's own.
    const middle = (index: Map<string, bigint>): bigint => index.get('x28') ?? 0n;
    start.set('x28', middle(end));
    return describeOutcome(start, end, { middle: middle(end), code: BigInt(program.bodies[2 * i + 1] ?? CODE) });
  });
}

export function runHospes(cases: readonly Case[], model: 'strict' | 'range', tier: 0 | 1): string[] {
  const program = programOf(cases);
  const { data, stopped } = runInHospes({ Vcpu, GuestMemory, guest: aarch64 }, program, model, tier);
  if (stopped !== null) throw new Error(`stopped: ${stopped}`);
  return outcomes(cases, program, data);
}

const [emulator = '', ...options] = fuzz.emulator;

/** Why there is no reference, or null. */
export function referenceAbsent(): string | null {
  return spawnSync(emulator, ['--version']).status === 0 ? null : `${emulator} is not installed`;
}

export function runReference(cases: readonly Case[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-asm-'));
  try {
    const program = programOf(cases);
    writeFileSync(join(folder, 'cases'), elfFile(program, fuzz.elf), { mode: 0o755 });
    const output = openSync(join(folder, 'output'), 'w');
    const result = spawnSync(emulator, [...options, join(folder, 'cases')], { stdio: ['ignore', output, 'pipe'] });
    closeSync(output);
    if (result.status !== 0) throw new Error(`${emulator} ended with ${String(result.status ?? result.signal)}`);
    return outcomes(cases, program, readFileSync(join(folder, 'output')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
