/** The benchmark's own arithmetic, its table and chart, and what it says when it cannot measure. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { BenchError, geometricMean, measureInTurns, median, timed } from '../../bench/measure.mjs';
import { chart, markdown, meansOf, ratioText, rowOf } from '../../bench/report.mjs';

const rows = {
  one: rowOf({ hospes: [2, 9, 1], qemu: [4, 4, 4], native: [0.5, 0.5, 0.5] }),
  'two & <three>': rowOf({ hospes: [2], qemu: [1], native: [2] }),
};

describe('figures', () => {
  it('are medians, their ratios, and geometric means of the ratios', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(geometricMean([1, 4])).toBe(2);
    expect(rows.one.ratios).toEqual({ qemu: 0.5, native: 4 });
    expect(meansOf(rows)).toEqual({ qemu: 1, native: 2 });
  });

  it('count the CPU time of a command and of its children', () => {
    const spin = (rounds: number): string[] => ['sh', '-c', `i=0; while [ $i -lt ${rounds} ]; do i=$((i+1)); done`];
    const idle = timed({ command: ['sleep', '0.3'] });
    const busy = timed({ command: ['sh', '-c', `sh -c '${spin(400_000)[2] ?? ''}'; echo done`] });
    expect(busy.output).toBe('done\n');
    expect(idle.seconds).toBeLessThan(0.15);
    expect(busy.seconds).toBeGreaterThan(idle.seconds);
  });

  it('are refused of a command that fails, or that prints something else', () => {
    const say = (text: string): { command: string[] } => ({ command: ['printf', text] });
    expect(() => timed({ command: ['sh', '-c', 'echo why >&2; exit 3'] })).toThrow(/status 3: why$/);
    expect(() => measureInTurns('x', { a: say('1'), b: say('2') }, 1)).toThrow(BenchError);
    expect(() => measureInTurns('x', { a: say('1'), b: say('2') }, 1)).toThrow(/x: b and a print different/);
    expect(Object.keys(measureInTurns('x', { a: say('1'), b: say('1') }, 2))).toEqual(['a', 'b']);
  });
});

describe('the table', () => {
  it('has a line for each program and one for the means', () => {
    const lines = markdown('Kernels', ['a note'], rows).trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '# Kernels',
      '',
      'a note',
      '',
      '|  | hospes, s | qemu, s | native, s | hospes/qemu | hospes/native |',
    ]);
    expect(lines.slice(6)).toEqual([
      '| one | 2.00 | 4.00 | 0.50 | 0.50 | 4.00 |',
      '| two & <three> | 2.00 | 1.00 | 2.00 | 2.00 | 1.00 |',
      '| geometric mean |  |  |  | 1.00 | 2.00 |',
    ]);
  });
});

it('shows small ratios with two digits', () => {
  expect([3, 0.5, 0.1, 0.0949, 0.00123].map(ratioText)).toEqual(['3.00', '0.50', '0.10', '0.095', '0.0012']);
});

describe('the chart', () => {
  const svg = chart('Kernels', rows);

  it('is well-formed', () => {
    const open: string[] = [];
    for (const [, close, name = '', empty] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g))
      if (close === '/') expect(open.pop()).toBe(name);
      else if (empty !== '/') open.push(name);
    expect(open).toEqual([]);
    expect(svg).toContain('two &#38; &#60;three&#62;');
    expect(svg).not.toContain('NaN');
  });

  it('puts a ratio of 1 onto the line of 1, and smaller ones to its left', () => {
    const line = Number(/x1="([\d.]+)"[^>]*stroke="#333"/.exec(svg)?.[1]);
    const at = (title: string): number =>
      Number(new RegExp(`cx="([\\d.]+)"[^>]*><title>${title}<`).exec(svg)?.[1] ?? NaN);
    expect(at('geometric mean: hospes/qemu 1.00')).toBe(line);
    expect(at('one: hospes/qemu 0.50')).toBeLessThan(line);
    expect(at('one: hospes/native 4.00')).toBeGreaterThan(line);
  });
});

describe('npm run bench', () => {
  const empty = mkdtempSync(join(tmpdir(), 'hospes-no-compiler-'));
  afterAll(() => rmSync(empty, { recursive: true }));
  const main = fileURLToPath(new URL('../../bench/main.mjs', import.meta.url));
  const bench = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { PATH: empty, HOME: empty } });

  it.each([
    [['--columns', 'native'], /^bench: gcc cannot be run: .*Debian: gcc.*--columns\n$/],
    [['--columns', 'wasm'], /^bench: clang cannot be run: .*clang and lld.*\n$/],
    [['--columns', 'qemu'], /^bench: qemu-riscv64-static cannot be run: .*qemu-user-static\n$/],
    [['--columns', 'speed'], /^bench: --columns speed: give some of qemu, native, wasm, wasm-optimized, oracle\n$/],
    [['--programs', '--columns', 'native'], /^bench: --columns native: give some of qemu, cold\n$/],
    [['--guest', 'mips'], /^bench: --guest mips: give one of riscv64, aarch64, x64\n$/],
    [['--factor', '0'], /^bench: --factor 0: /],
    [['--speed'], /^bench: Unknown option '--speed'/],
  ])('says in one sentence why it does not run with %j', (args, message) => {
    const { status, stderr } = bench(...args);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(status).toBe(1);
  });
});
