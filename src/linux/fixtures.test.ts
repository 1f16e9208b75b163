import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { VcpuOptions } from '../engine/vcpu.ts';
import { nodePageProtection } from '../platform/node/page-protection.ts';
import type { ProcessExit } from './process/exit.ts';
import { runProgram, type FileTable } from './testing/run-program.ts';
// The cases are plain JavaScript, shared with the script that records the reference.
import { casesOf } from '../../tests/fixtures/cases.mjs';

interface FixtureCase {
  readonly name: string;
  readonly program: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly binary?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: FileTable;
}

interface Expected {
  readonly status: number;
  readonly stdout: readonly string[] | { readonly length: number; readonly sha256: string };
}

const fixtures = new URL('../../tests/fixtures/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', fixtures), 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, Expected>>>
>;

/** Programs that run long in tier 0 and say nothing about Linux; tests/linux runs them through the command line. */
const elsewhere = ['mandelbrot', 'exit by the last thread'];

/** What fails, and why; a surprise pass fails too. */
const known: Readonly<Record<string, string>> = {
  'riscv64 time': 'two rdcycle in one block read the same count: instructions are counted by blocks',
};

function storedOutput(bytes: Buffer): Expected['stdout'] {
  const text = bytes.toString('utf8');
  if (bytes.length <= 8192 && Buffer.from(text, 'utf8').equals(bytes)) return text.split('\n');
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function statusOf(exit: ProcessExit): number {
  if (exit.kind === 'exit') return exit.code;
  return exit.kind === 'signal' ? 128 + exit.signal : -1;
}

const pageProtection = nodePageProtection();
/** Hot at the second arrival, and never short of time to compile. */
const compiled = { tier: 1, compileThreshold: 2, compileClock: () => 0n } as const;
const settings: readonly { readonly name: string; readonly vcpu: Partial<VcpuOptions>; readonly skip?: boolean }[] = [
  { name: 'interpreted', vcpu: {} },
  { name: 'compiled, strict', vcpu: { ...compiled, memoryModel: 'strict' } },
  {
    name: `compiled, host (${pageProtection.reason ?? 'available'})`,
    vcpu: { ...compiled, memoryModel: 'host', pageProtection: () => pageProtection.protection },
    skip: pageProtection.protection === null,
  },
];

const runs = Object.keys(expected).flatMap((guest) => settings.map((setting) => ({ guest, ...setting })));

describe.each(runs)(
  'fixture programs of $guest, compared with the reference, $name',
  ({ guest, vcpu, skip = false }) => {
    for (const test of casesOf(guest) as FixtureCase[]) {
      const file = new URL(`${guest}/${test.program}`, fixtures);
      if (elsewhere.includes(test.name)) continue;
      it(
        test.name,
        { fails: known[`${guest} ${test.name}`] !== undefined, skip: skip || !existsSync(file) },
        async () => {
          const run = await runProgram({
            program: readFileSync(file),
            path: `/bin/${test.program}`,
            args: test.args ?? [],
            // The reference hands the environment on in reverse.
            env: Object.fromEntries(Object.entries(test.env ?? {}).reverse()),
            files: test.files ?? {},
            vcpu,
            stdin: Buffer.from(test.stdin ?? '', test.binary === true ? 'latin1' : 'utf8'),
          });
          const wanted = expected[guest]![test.name];
          expect({ status: statusOf(run.exit), stdout: storedOutput(Buffer.from(run.stdout, 'latin1')) }).toEqual({
            status: wanted?.status,
            stdout: wanted?.stdout,
          });
        },
      );
    }
  },
);
