import { readFileSync } from 'node:fs';
import wabtFactory from 'wabt';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../common/errors.ts';
import { aarch64 } from '../guest/aarch64/index.ts';
import { riscv64 } from '../guest/riscv64/index.ts';
import { inspectWasm } from './inspect-wasm.ts';

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url)));
const crash = read('tests/fixtures/riscv64/crash');
const features = {
  simd: true,
  relaxed_simd: true,
  threads: true,
  tail_call: true,
  bulk_memory: true,
  multi_value: true,
};

describe('inspectWasm', () => {
  it('shows a region, guest instructions as comments, slots by name', () => {
    const text = inspectWasm(crash, '/crash', riscv64, { at: 'overflow_stack', model: 'range' });
    const lines = text.split('\n');
    expect(lines[0]).toMatch(
      /^;; 0x[0-9a-f]+ <overflow_stack>: a region of \d+ blocks?, \d+ guest instructions, \d+ bytes, memory model range$/,
    );
    expect(lines.some((line) => /^ *;; 0x[0-9a-f]+ {2}(c\.)?addi?\b/.test(line))).toBe(true);
    expect(text).toMatch(/\(func \$region-[0-9a-f]+ \(type \d+\) \(param \$vcpu i32\) \(param \$depth i32\)/);
    expect(text).toContain('(local.get $x2)');
  });

  it.each([
    ['riscv64', riscv64, 'nbody'],
    ['riscv64', riscv64, 'sha256'],
    ['aarch64', aarch64, 'states'],
  ] as const)('is text that validates: %s %s', async (name, guest, kernel) => {
    const wabt = await wabtFactory();
    const file = read(`bench/kernels/${name}/${kernel}`);
    for (const model of ['host', 'range', 'strict'] as const) {
      const text = inspectWasm(file, kernel, guest, { model });
      const module = wabt.parseWat('region.wat', text, features);
      (module as { validate(options: object): void }).validate(features);
      module.destroy();
    }
  });

  it('says which functions it calls by its links', () => {
    const text = inspectWasm(crash, '/crash', riscv64, { at: '_start', model: 'host' });
    expect(text).toMatch(/^;; link 0 is 0x[0-9a-f]+ <\w+>$/m);
  });

  it('refuses a place without code', () => {
    expect(() => inspectWasm(crash, '/crash', riscv64, { at: '0x10', model: 'host' })).toThrow(ConfigurationError);
  });
});
