import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodeFiles } from './code-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hospes-code-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const bytes = (value: number, length = 100): Uint8Array => new Uint8Array(length).fill(value);

describe('files of compiled code', () => {
  it('are a digest, the length of the key, the key, and what is kept', () => {
    new CodeFiles(folder).write('key', bytes(1, 5));
    const file = readFileSync(join(folder, readdirSync(folder)[0]!));
    expect([...file.subarray(32)]).toEqual([3, 0, 0, 0, ...Buffer.from('key'), 1, 1, 1, 1, 1]);
  });

  it('give back what was written last', () => {
    const files = new CodeFiles(join(folder, 'new'));
    expect(files.read('a')).toBeNull();
    files.write('a', bytes(1));
    files.write('a', bytes(2));
    files.write('b', bytes(3));
    expect(files.read('a')).toEqual(bytes(2));
    expect(files.read('b')).toEqual(bytes(3));
    expect(readdirSync(join(folder, 'new'))).toHaveLength(2);
  });

  it('give back nothing that was damaged, wherever', () => {
    const files = new CodeFiles(folder);
    files.write('a', bytes(1));
    const [name = ''] = readdirSync(folder);
    const whole = readFileSync(join(folder, name));
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(join(folder, name), damaged);
      expect(files.read('a')).toBeNull();
      expect(readdirSync(folder)).toHaveLength(0);
    }
    for (const length of [0, 1, 31, 32, 33, 35, 36, 37, whole.length - 1]) {
      writeFileSync(join(folder, name), whole.subarray(0, length));
      expect(files.read('a')).toBeNull();
    }
  });

  it('keep to their limit, and what was used last', () => {
    const files = new CodeFiles(folder, 515);
    for (const [index, key] of ['a', 'b', 'c'].entries()) {
      files.write(key, bytes(index));
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).mtimeMs > Date.now() - 10_000) utimesSync(path, 1000 + index, 1000 + index);
      }
    }
    expect(files.read('a')).not.toBeNull();
    files.write('d', bytes(3));
    files.write('e', bytes(4));
    expect(['a', 'b', 'c', 'd', 'e'].filter((key) => files.read(key) !== null)).toEqual(['a', 'd', 'e']);
  });

  it('are told apart when one is renamed to another', () => {
    const files = new CodeFiles(folder);
    files.write('a', bytes(1));
    const [nameOfA = ''] = readdirSync(folder);
    const a = readFileSync(join(folder, nameOfA));
    files.write('b', bytes(2));
    const nameOfB = readdirSync(folder).find((name) => name !== nameOfA)!;
    writeFileSync(join(folder, nameOfB), a);
    const found = files.list().map((file) => [file.name, files.content(file).problem]);
    expect(Object.fromEntries(found)).toEqual({ [nameOfA]: null, [nameOfB]: 'has the name of another entry' });
    expect(files.read('b')).toBeNull();
  });

  it('that killed writers left go after ten minutes', () => {
    const files = new CodeFiles(folder);
    files.write('a', bytes(1));
    const [name = ''] = readdirSync(folder);
    for (const [index, minutes] of [9, 11].entries()) {
      const path = join(folder, `${name}-1-${String(index)}`);
      writeFileSync(path, '');
      const then = Date.now() / 1000 - minutes * 60;
      utimesSync(path, then, then);
    }
    files.write('b', bytes(2));
    expect(files.list().map((file) => file.isFinished)).toEqual([true, true, false]);
    expect(files.clear()).toHaveLength(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('cost only speed where they cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    const files = new CodeFiles(join(folder, 'file'));
    files.write('a', bytes(1));
    expect(files.read('a')).toBeNull();
  });
});
