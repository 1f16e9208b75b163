/** `hospes compile`: what it makes is what later runs take, and nothing else is. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBundle, writeBundle } from '../../src/platform/node/code-store.ts';
import { fixture, hospes, type Outcome } from './hospes.ts';

let home = '';
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'hospes-compile-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const start = (...args: string[]): Promise<Outcome> => hospes(args, { env: { XDG_CACHE_HOME: home } });

/** Counters of a run, and its output. */
async function run(...args: string[]): Promise<{ stdout: string; modules: number; cachedModules: number }> {
  const { stdout, stderr } = await start('run', '--accel', 'wasm', '--compile', 'sync', '--stats=json', ...args);
  const { engine } = JSON.parse(stderr.split('\n').find((line) => line.startsWith('{'))!) as {
    engine: { modules: number; cachedModules: number };
  };
  return { stdout, modules: engine.modules, cachedModules: engine.cachedModules };
}

describe.each(['riscv64', 'aarch64', 'x64'])('hospes compile for %s', (guest) => {
  // One that is linked to run anywhere among them.
  it.each(['hello-pie', 'mandelbrot'])('compiles %s, and all of it that runs', async (name) => {
    const bundle = join(home, 'bundle');
    const program = fixture(name, guest);
    const compiled = await start('compile', '--measure', '-o', bundle, program);
    expect(compiled.status).toBe(0);
    const share = /of [\d ]+ instructions ([\d.]+) % were compiled ahead/.exec(compiled.stderr)?.[1];
    expect(Number(share)).toBeGreaterThanOrEqual(95);
    expect(compiled.stderr).not.toContain('in another way');
    const plain = await run('--no-cache', program);
    const { stdout, cachedModules } = await run('--no-cache', '--bundle', bundle, program);
    if (name !== 'hello-pie') expect(cachedModules).toBeGreaterThan(0);
    expect(plain.cachedModules).toBe(0);
    expect(stdout).toBe(plain.stdout);
    expect(existsSync(join(home, 'hospes', 'code'))).toBe(false);
  });
});

describe('code that was compiled ahead', () => {
  const program = fixture('mandelbrot');

  it('lies in the cache unless it is to be a file, beside what is compiled later', async () => {
    const plain = await run('--no-cache', program);
    expect((await start('compile', program)).status).toBe(0);
    const first = await run(program);
    expect([first.stdout, first.cachedModules > 0]).toEqual([plain.stdout, true]);
    const second = await run(program);
    expect([second.stdout, second.cachedModules]).toEqual([plain.stdout, second.modules]);
    expect((await start('cache', 'verify')).stdout).toMatch(/\d checked, 0 bad/);
    expect((await start('cache', 'list')).stdout).toContain(program);
    // Besides, what the host's engine made of modules.
    const listed = JSON.parse((await start('cache', 'list', '--json')).stdout) as { readonly kind: string }[];
    const kinds = listed.map(({ kind }) => kind).filter((kind) => kind === 'ahead' || kind === 'compiled');
    expect([['ahead'], ['ahead', 'compiled']]).toContainEqual(kinds.sort());
  });

  it('is reported where the cache cannot be written', async () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    const { status, stderr } = await hospes(['compile', program], { env: { XDG_CACHE_HOME: file } });
    expect([status, stderr]).toEqual([
      125,
      expect.stringMatching(/^hospes: the code, [^\n]* could not be kept in [^\n]*\n$/),
    ]);
  });

  it('is left out with a line where it is for something else', async () => {
    const bundle = join(home, 'bundle');
    await start('compile', '-o', bundle, program);
    const { key, bytes } = openBundle(bundle);
    const other = await start('run', '--no-cache', '--bundle', bundle, fixture('hello'));
    expect(other.stderr).toMatch(/^hospes: nothing in \S+bundle was for a program that ran, or for this version/);
    writeBundle(bundle, { key: `0${key.slice(1)}x`, bytes });
    const version = await start('run', '--no-cache', '--bundle', bundle, program);
    expect(version.stderr).toMatch(/^hospes: nothing in/);
    expect(version.stdout).toBe((await start('run', '--no-cache', program)).stdout);
  });

  it('is refused where it is damaged', async () => {
    const bundle = join(home, 'bundle');
    await start('compile', '-o', bundle, program);
    const whole = readFileSync(bundle);
    whole[whole.length >>> 1]! ^= 16;
    writeFileSync(bundle, whole);
    const damaged = await start('run', '--bundle', bundle, program);
    expect([damaged.status, damaged.stdout]).toEqual([125, '']);
    expect(damaged.stderr).toMatch(/^hospes: \S+bundle is no bundle of code: it is damaged: [^\n]*\n$/);
    const missing = await start('run', '--bundle', join(home, 'none'), program);
    expect(missing.stderr).toMatch(/^hospes: \S+none cannot be read \(ENOENT\)\n$/);
  });
});
