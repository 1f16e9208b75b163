import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { HostFileError } from '../types.ts';
import { ListFile } from './list-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'hospes-list-'));
afterAll(() => rmSync(folder, { recursive: true }));
const form = { head: '[', separator: ',', tail: ']\n' };
const parsed = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

it('is whole after every write', () => {
  const path = join(folder, 'list');
  const file = new ListFile(path, form);
  expect(parsed(path)).toEqual([]);
  file.append('1');
  expect(parsed(path)).toEqual([]);
  file.flush();
  expect(parsed(path)).toEqual([1]);
  file.flush();
  file.append('"ü"');
  file.append('3');
  file.close();
  expect(parsed(path)).toEqual([1, 'ü', 3]);
});

it('keeps little in memory', () => {
  const path = join(folder, 'long');
  const file = new ListFile(path, form);
  const item = JSON.stringify('x'.repeat(998));
  for (let count = 0; count < 300; count++) file.append(item);
  expect((parsed(path) as unknown[]).length).toBeGreaterThanOrEqual(300 - 66);
  file.close();
  expect(parsed(path)).toHaveLength(300);
});

it('goes into a pipe as well', () => {
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  const script = `cat ${path} > ${path}.copy`;
  // The reader has to be there first: opening a fifo waits for it.
  execFileSync('bash', ['-c', `(${script}) > /dev/null 2>&1 &`]);
  const file = new ListFile(path, form);
  file.append('1');
  file.append('2');
  file.close();
  execFileSync('bash', ['-c', `for i in {1..100}; do grep -q ']' ${path}.copy && exit; sleep 0.05; done; exit 1`]);
  expect(parsed(`${path}.copy`)).toEqual([1, 2]);
});

it('says what is wrong with its path', () => {
  expect(() => new ListFile(folder, form)).toThrow(HostFileError);
  expect(() => new ListFile(join(folder, 'none/file'), form)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
