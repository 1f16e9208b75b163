import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { contents, populate, stdinOf, storedOutput } from '../../scripts/fixtures.mjs';
import { run, type RunResult } from '../../src/index.ts';
import { nodeVirtualization } from '../../src/platform/node/kvm-probe.ts';
import { casesOf } from '../fixtures/cases.mjs';

interface Expected {
  readonly status: number;
  readonly stdout: unknown;
  readonly files?: Record<string, unknown>;
}

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const expectations = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<
  string,
  Record<string, Expected>
>;

/** What fails, and why; one that passes after all fails too. */
const known: Readonly<Record<string, string>> = {
  'riscv64 time': 'two rdcycle in one block read the same count: instructions are counted by blocks',
};

const statusOf = ({ exitCode, signal }: RunResult): number =>
  exitCode ?? 128 + constants.signals[signal as NodeJS.Signals];

// Fails today: without a root the program is put at its host path by way of the mounts, into the host's folder.
it('leaves a mounted folder alone whose target is above the program', { fails: true }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-fixture-'));
  try {
    const program = join(fixtures, 'riscv64/hello');
    const above = `/${program.split('/')[1] ?? ''}`;
    const result = await run(program, { mounts: [{ source: folder, target: above }] });
    expect(result.exitCode).toBe(0);
    expect(contents(folder)).toEqual({});
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// src/linux runs these over a kernel alone; here they go through the public API, host folders included.
const { virtualization, reason: noKvm } = nodeVirtualization();
const settings = Object.entries(expectations).flatMap(([guest, expected]) =>
  (guest === 'x64' ? (['wasm', 'kvm'] as const) : (['auto'] as const)).map((accel) => ({
    ...{ guest, expected, accel },
    skip: accel === 'kvm' && virtualization === null,
    title: accel === 'kvm' && noKvm !== null ? `kvm (skipped: ${noKvm})` : accel,
  })),
);

describe.each(settings)('fixture programs of $guest, $title, through the API', ({ guest, expected, accel, skip }) => {
  it('has an expectation for every case and no other', () => {
    expect(Object.keys(expected).sort()).toEqual(
      casesOf(guest)
        .map(({ name }) => name)
        .sort(),
    );
  });

  for (const test of casesOf(guest))
    it(test.name, { fails: known[`${guest} ${test.name}`] !== undefined, skip, timeout: 60_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hospes-fixture-'));
      try {
        populate(folder, test.files);
        const result = await run(join(fixtures, guest, test.program), {
          accel,
          args: test.args ?? [],
          // qemu-user hands the environment on in reverse.
          env: Object.fromEntries(Object.entries(test.env ?? {}).reverse()),
          mounts: [{ source: folder, target: '/case' }],
          cwd: '/case',
          stdin: stdinOf(test),
        });
        const wanted = expected[test.name]!;
        expect({ status: statusOf(result), stdout: storedOutput(Buffer.from(result.stdout)) }).toEqual({
          status: wanted.status,
          stdout: wanted.stdout,
        });
        if (wanted.files !== undefined) expect(contents(folder)).toEqual(wanted.files);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
});
