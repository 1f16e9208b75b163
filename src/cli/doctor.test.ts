import type * as Fs from 'node:fs';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi, type Mock } from 'vitest';
import { isCapability, type Capability, type Probe } from '../common/capability.ts';
import { askChild, type ChildTools } from '../platform/node/probes/child.ts';
import { ProbeFiles } from '../platform/node/probes/store.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';
import { allProbes, doctorCommand } from './doctor.ts';

const folder = mkdtempSync(join(tmpdir(), 'hospes-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
const freshFolder = (): string => join(folder, String(++number));

function doctor(options: { json?: boolean; refresh?: boolean }, probes?: readonly Probe[], store?: ProbeFiles): string {
  let printed = '';
  const print = (text: string): void => void (printed += text);
  const request = { json: options.json === true, refresh: options.refresh === true };
  expect(doctorCommand(request, print, probes, store ?? new ProbeFiles(freshFolder()))).toBe(0);
  return printed;
}

const fake = (
  answer: Partial<Capability>,
  key = '',
): Omit<Probe, 'run'> & { readonly run: Mock<() => Capability> } => ({
  name: 'thing',
  title: 'A thing',
  key: () => key,
  run: vi.fn(() => ({ name: 'thing', available: false, ...answer })),
});

describe('hospes doctor', () => {
  it('answers for everything, each with a reason where it is missing', { timeout: 120_000 }, () => {
    const answers = JSON.parse(doctor({ json: true })) as Capability[];
    expect(answers.map(({ name }) => name)).toEqual([
      'wasm-simd',
      'relaxed-simd',
      'tail-calls',
      'threads',
      'memory64',
      'koffi',
      'page-protection',
      'native-code',
      'kvm',
      'webgpu',
    ]);
    for (const answer of answers) {
      expect(isCapability(answer, answer.name)).toBe(true);
      if (!answer.available) expect(answer.reason).toMatch(/\S/);
    }
    // What every supported version of Node has.
    for (const name of ['wasm-simd', 'tail-calls', 'threads'])
      expect(answers).toContainEqual(expect.objectContaining({ name, available: true }));
    const found = (name: string): boolean => answers.some((answer) => answer.name === name && answer.available);
    expect(found('relaxed-simd')).toBe(fusesMultiplyAdd());
    expect(found('memory64')).toBe(Number.parseInt(process.versions.node) >= 24);
  });

  it('prints a table with reasons and remedies, wrapped', () => {
    const probes = [
      { ...fake({ available: true, detail: 'version 3' }), title: 'One' },
      { ...fake({ reason: `it is ${'very '.repeat(12)}old`, remedy: 'get a new one' }), title: 'Two things' },
    ];
    // Two probes of one name share their kept answer: refresh.
    const lines = doctor({ refresh: true }, probes).trimEnd().split('\n');
    expect(lines[0]).toBe('  One         yes  version 3');
    expect(lines[1]).toMatch(/^ {2}Two things {2}no {3}it is very very/);
    expect(lines.at(-1)).toBe('                   -> get a new one');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  it('keeps answers with their reasons until asked to try again', () => {
    const store = new ProbeFiles(freshFolder());
    const probe = fake({ reason: 'because' });
    const { run: calls } = probe;
    expect(doctor({}, [probe], store)).toContain('because');
    expect(doctor({}, [fake({ available: true })], store)).toContain('because');
    expect(calls).toHaveBeenCalledTimes(1);
    expect(doctor({ refresh: true }, [fake({ available: true })], store)).toContain('yes');
    expect(doctor({}, [probe], store)).toContain('yes');
  });

  it('forgets answers when what they depend on has changed, and reads no damaged ones', () => {
    const path = freshFolder();
    const store = new ProbeFiles(path);
    doctor({}, [fake({ reason: 'old' }, 'version 1')], store);
    expect(doctor({}, [fake({ reason: 'new' }, 'version 2')], store)).toContain('new');
    for (const name of readdirSync(path)) writeFileSync(join(path, name), '{"key":');
    expect(doctor({}, [fake({ reason: 'again' }, 'version 1')], store)).toContain('again');
  });

  it('works where nothing can be kept', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const store = new ProbeFiles(join(file, 'below'));
    expect(doctor({}, [fake({ reason: 'one' })], store)).toContain('one');
    expect(doctor({}, [fake({ reason: 'two' })], store)).toContain('two');
  });

  it('knows every probe by a name of its own', () => {
    expect(new Set(allProbes.map(({ name }) => name)).size).toBe(allProbes.length);
  });
});

describe('a probe in a process of its own', () => {
  it('may answer, fail, die, fall silent or take too long', () => {
    expect(askChild((_tools, word: string) => word.repeat(2), 'ab')).toEqual({ detail: 'abab' });
    expect(askChild(() => Promise.reject(new RangeError('no such thing')), null)).toEqual({ reason: 'no such thing' });
    expect(askChild(() => (process.kill(process.pid, 'SIGSEGV'), 'unreached'), null)).toEqual({
      reason: 'the probe failed 2 times; the last time: its process ended with SIGSEGV',
    });
    expect(askChild(() => process.exit(3), null)).toEqual({
      reason: 'the probe failed 2 times; the last time: its process ended with status 3',
    });
    expect(
      askChild(() => new Promise<string>((resolve) => void setTimeout(() => resolve(''), 1e6)), null, 1000),
    ).toEqual({
      reason: 'its process did not end within 1 s',
    });
  });

  it('is asked once more when it died', () => {
    const marker = join(folder, 'died');
    const dieOnce = ({ require }: ChildTools, path: string): string => {
      const fs = require('node:fs') as typeof Fs;
      if (fs.existsSync(path)) return 'alive';
      fs.writeFileSync(path, '');
      process.kill(process.pid, 'SIGKILL');
      return 'unreached';
    };
    expect(askChild(dieOnce, marker)).toEqual({ detail: 'alive' });
  });
});
