/**
 * The code cache as its users meet it: many processes at once, writers that are killed, damaged files, no room. Small here; the
 * full size is `HOSPES_CACHE_PROCESSES=200 HOSPES_CACHE_KILLS=200 npx vitest run tests/cli/cache.test.ts`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameOfKeptCode } from '../../src/api/kept-code.ts';
import { CodeFiles, type CodeFile } from '../../src/platform/node/code-store.ts';
import { fixture, hospes, main, root, type Outcome } from './hospes.ts';
import { keyOf, wrong } from './cache-user.mjs';

const PROCESSES = Number(process.env['HOSPES_CACHE_PROCESSES'] ?? 8);
const KILLS = Number(process.env['HOSPES_CACHE_KILLS'] ?? 12);
const MINUTES = 60_000 * (PROCESSES > 50 || KILLS > 50 ? 20 : 2);

let home = '';
let folder = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hospes-cache-'));
  folder = join(home, 'hospes', 'code');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const user = join(root, 'tests/cli/cache-user.mjs');
const withCache = (...args: string[]): Promise<Outcome> => hospes(args, { env: { XDG_CACHE_HOME: home } });
const runHot = (): Promise<Outcome> => withCache('run', '--compile', 'sync', '--stats=json', fixture('mandelbrot'));
const cachedModules = ({ stderr }: Outcome): number =>
  (JSON.parse(stderr) as { engine: { cachedModules: number } }).engine.cachedModules;

/** The entry of compiled regions; what the host's engine made of them, and of its own modules, has others where it is kept. */
function regionsIn(files: CodeFiles): CodeFile {
  const isWanted = (file: CodeFile): boolean => nameOfKeptCode(files.content(file).key ?? '')?.kind === 'compiled';
  return files.list().find(isWanted) ?? expect.unreachable('there is an entry');
}

/** Entries by what `hospes cache list` calls their kind. */
async function listed(): Promise<Readonly<Record<string, unknown>>[]> {
  const { stdout } = await withCache('cache', 'list', '--json');
  return JSON.parse(stdout) as Record<string, unknown>[];
}

async function cacheJson<T>(action: string): Promise<T & { readonly status: number | null }> {
  const { stdout, status } = await withCache('cache', action, '--json');
  return { ...(JSON.parse(stdout) as T), status };
}

describe('hospes cache', () => {
  it('says what is there, and removes it', async () => {
    expect(await cacheJson('stats')).toMatchObject({ status: 0, folder, entries: 0, bytes: 0 });
    expect(cachedModules(await runHot())).toBe(0);
    const again = await runHot();
    expect(cachedModules(again)).toBeGreaterThan(0);
    const all = await listed();
    const entries = all.length;
    expect(await cacheJson('stats')).toMatchObject({ entries, current: entries, otherVersions: 0, damaged: 0 });
    const [entry, ...more] = all.filter(({ kind }) => kind === 'compiled');
    expect(more).toEqual([]);
    // Besides, at most what the host's engine made of it, and of the engine's own modules.
    expect(['native', 'engine', 'compiled']).toEqual(expect.arrayContaining(all.map(({ kind }) => kind)));
    expect(entry).toMatchObject({ guest: 'riscv64', program: fixture('mandelbrot'), state: 'current' });
    expect(entry!['modules']).toBe(cachedModules(again));
    const text = (await withCache('cache', 'list')).stdout;
    expect(text).toContain(fixture('mandelbrot'));
    expect([entry!['isShared'], entry!['isPrecise']]).toEqual([false, false]);
    expect(await cacheJson('verify')).toMatchObject({ checked: entries, bad: 0, status: 0 });
    expect(await cacheJson('clear')).toMatchObject({ removed: entries, left: 0, status: 0 });
    expect(readdirSync(folder)).toEqual([]);
    expect(cachedModules(await runHot())).toBe(0);
  });

  it('finds a flipped bit wherever it is, and runs take nothing from such a file', { timeout: MINUTES }, async () => {
    const { stdout } = await runHot();
    const files = new CodeFiles(folder);
    const { path, name } = regionsIn(files);
    const whole = readFileSync(path);
    const flip = (bit: number): void => {
      const damaged = Buffer.from(whole);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, damaged);
    };
    fc.assert(
      fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
        flip(bit);
        return files.list().every((file) => file.name !== name || files.content(file).problem !== null);
      }),
      { numRuns: 300 },
    );
    flip((whole.length >>> 1) * 8);
    expect(await cacheJson('verify')).toMatchObject({ bad: 1, status: 1 });
    expect((await withCache('cache', 'verify')).stdout).toMatch(/^BAD {2}\S+\.code -: is damaged/m);
    const damaged = await runHot();
    expect([damaged.stdout, cachedModules(damaged)]).toEqual([stdout, 0]);
    // It was made anew.
    expect(await cacheJson('verify')).toMatchObject({ bad: 0, status: 0 });
    expect(regionsIn(files).name).toBe(name);
  });

  it('keeps code of other versions out of runs, and says that it is there', async () => {
    await runHot();
    const files = new CodeFiles(folder);
    const { key, bytes } = files.content(regionsIn(files));
    files.clear();
    files.write(
      key!.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      bytes!,
    );
    expect(await cacheJson('stats')).toMatchObject({ entries: 1, current: 0, otherVersions: 1 });
    expect(cachedModules(await runHot())).toBe(0);
    // The same bytes under the key of this version say themselves that they are of another.
    files.clear();
    files.write(
      key!,
      Buffer.from(Buffer.from(bytes!).toString('latin1').replace(key!.slice(0, 8), '00000000'), 'latin1'),
    );
    expect(await cacheJson('verify')).toMatchObject({ bad: 1, status: 1 });
    expect(cachedModules(await runHot())).toBe(0);
  });

  it('keeps code for memory that threads share', async () => {
    const parallel = (): Promise<Outcome> => withCache('run', '--parallel', fixture('threads'), 'counters');
    const first = await parallel();
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(await parallel()).toEqual(first);
    expect(await cacheJson('verify')).toMatchObject({ bad: 0, status: 0 });
  });

  it('is used by many processes at once', { timeout: MINUTES }, async () => {
    const one = await hospes(['run', '--no-cache', fixture('mandelbrot')]);
    const all = await Promise.all(Array.from({ length: PROCESSES }, runHot));
    for (const { stdout, status } of all) expect([stdout, status]).toEqual([one.stdout, 0]);
    expect(await cacheJson('verify')).toMatchObject({ bad: 0, status: 0 });
    expect(cachedModules(await runHot())).toBeGreaterThan(0);
  });

  it('gives whole entries to many writers and readers', { timeout: MINUTES }, async () => {
    const rounds = String(PROCESSES > 50 ? 60 : 25);
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, (_, seed) => {
        const child = spawn(process.execPath, [user, folder, String(seed), rounds]);
        return new Promise<string>((resolve) => {
          let text = '';
          child.stdout.on('data', (data) => (text += String(data)));
          child.stderr.on('data', (data) => (text += String(data)));
          child.on('close', () => resolve(text));
        });
      }),
    );
    const found = outputs.map((text) => Number(/^ready\nfound (\d+)\n$/.exec(text)?.[1] ?? expect.unreachable(text)));
    expect(found.reduce((sum, count) => sum + count)).toBeGreaterThan(PROCESSES);
    expect(new CodeFiles(folder).list().every(({ isFinished }) => isFinished)).toBe(true);
  });

  it('has no half entries when writers are killed', { timeout: MINUTES }, async () => {
    const files = new CodeFiles(folder);
    let unfinished = 0;
    let read = 0;
    for (let round = 0; round < KILLS; round++) {
      await killed([user, folder, String(round), '1000000'], 'ready', 1 + Math.random() * 60);
      unfinished = Math.max(unfinished, files.list().filter(({ isFinished }) => !isFinished).length);
      for (let number = 0; number < 8; number++) {
        const key = keyOf(number);
        const bytes = files.read(key);
        if (bytes === null) continue;
        read++;
        expect(wrong(key, bytes)).toBeNull();
      }
    }
    expect(read).toBeGreaterThan(KILLS);
    // Some were killed in the middle of it, or the test would show nothing.
    if (KILLS > 50) expect(unfinished).toBeGreaterThan(0);
    expect(files.list().every((file) => !file.isFinished || files.content(file).problem === null)).toBe(true);
  });

  it('survives runs that are killed', { timeout: MINUTES }, async () => {
    const { stdout } = await hospes(['run', '--no-cache', fixture('mandelbrot')]);
    for (let round = 0; round < Math.ceil(KILLS / 4); round++)
      await killed([main, 'run', fixture('mandelbrot')], null, Math.random() * 600);
    const after = await runHot();
    expect([after.stdout, after.status]).toEqual([stdout, 0]);
    expect(await cacheJson('verify')).toMatchObject({ bad: 0, status: 0 });
  });

  /** Runs Node until it has printed something (if asked) and for some milliseconds more, and kills it. */
  function killed(args: readonly string[], after: string | null, milliseconds: number): Promise<void> {
    const child = spawn(process.execPath, args, { env: { ...process.env, XDG_CACHE_HOME: home } });
    return new Promise((resolve) => {
      const kill = (): void => {
        setTimeout(() => child.kill('SIGKILL'), milliseconds);
      };
      if (after === null) kill();
      else child.stdout.once('data', kill);
      child.stdout.resume();
      child.on('close', () => resolve());
    });
  }
});

describe('a cache folder', () => {
  it('that cannot be made costs only speed', async () => {
    const { stdout } = await hospes(['run', '--no-cache', fixture('mandelbrot')]);
    writeFileSync(join(home, 'file'), '');
    const nowhere = { env: { XDG_CACHE_HOME: join(home, 'file') } };
    expect(await hospes(['run', fixture('mandelbrot')], nowhere)).toEqual({ status: 0, stdout, stderr: '' });
    expect((await hospes(['cache', 'verify'], nowhere)).stdout).toBe('0 checked, 0 bad\n');
  });

  // A file system of our own takes a namespace, which not every host gives to everybody.
  const canMount =
    spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()], { stdio: 'ignore' }).status === 0;

  it.skipIf(!canMount).each([
    ['full', 'dd if=/dev/zero of="$1/fill" bs=4k count=100 2> "$1/../log" || true'],
    ['read-only', 'mount -o remount,ro "$1"'],
  ])('that is %s costs only speed', async (_, make) => {
    const { stdout } = await hospes(['run', '--no-cache', fixture('mandelbrot')]);
    const disk = join(home, 'disk');
    mkdirSync(disk);
    const script = `mount -t tmpfs -o size=16k none "$1" && ${make} && XDG_CACHE_HOME="$1" "$2" "$3" run "$4"; status=$?; ls -R "$1" > "$1/../files"; exit $status`;
    const args = ['-rm', 'sh', '-c', script, 'sh', disk, process.execPath, main, fixture('mandelbrot')];
    const found = spawnSync('unshare', args, { encoding: 'utf8' });
    expect([found.stdout, found.stderr, found.status]).toEqual([stdout, '', 0]);
    expect(existsSync(join(home, 'files'))).toBe(true);
    expect(readFileSync(join(home, 'files'), 'utf8')).not.toMatch(/\.code/);
  });
});
