import fs from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { HostFileError } from '../types.ts';
import { readRetries } from './host-errors.ts';
import { NodeHostFile } from './host-file.ts';

afterEach(() => vi.restoreAllMocks());

const failure = (code: string): Error => Object.assign(new Error(`${code}: failed`), { code });

it('reads again what a signal interrupted, and counts it', () => {
  const recovered = readRetries.recovered;
  const file = new NodeHostFile(fs.openSync(import.meta.filename, 'r'), () => -1);
  const read = vi.spyOn(fs, 'readSync').mockImplementationOnce(() => {
    throw failure('EINTR');
  });
  const buffer = new Uint8Array(6);
  expect(file.read(buffer, 0)).toBe(6);
  expect(new TextDecoder().decode(buffer)).toBe('import');
  expect(read).toHaveBeenCalledTimes(2);
  expect(readRetries.recovered).toBe(recovered + 1);
  file.close();
});

it('fails in the end, and at once for other reasons', () => {
  const read = vi.spyOn(fs, 'readSync').mockImplementation(() => {
    throw failure('EINTR');
  });
  const file = new NodeHostFile(-1, () => -1);
  expect(() => file.read(new Uint8Array(1), 0)).toThrow(HostFileError);
  expect(read).toHaveBeenCalledTimes(100);
  read.mockReset().mockImplementation(() => {
    throw failure('EISDIR');
  });
  expect(() => file.read(new Uint8Array(1), 0)).toThrow('EISDIR');
  expect(read).toHaveBeenCalledTimes(1);
});
