#!/usr/bin/env node
/**
 * The guest programs of the tests and benchmarks.
 *
 *   node scripts/fixtures.mjs            builds the binaries
 *   node scripts/fixtures.mjs --check    builds them elsewhere and compares byte for byte (skips, saying so,
 *                                        where the cross compiler or its version is missing)
 *   node scripts/fixtures.mjs --expect   writes what the reference emulator prints to tests/fixtures/expected.json
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const fixtures = join(repository, 'tests/fixtures');
const kernels = join(repository, 'bench/kernels');

const guests = {
  riscv64: {
    compiler: 'riscv64-linux-gnu-gcc',
    version: '12.2.0',
    flags: ['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany'],
    emulator: 'qemu-riscv64-static',
  },
  aarch64: {
    compiler: 'aarch64-linux-gnu-gcc',
    version: '12.2.0',
    flags: ['-march=armv8.1-a', '-mno-outline-atomics'],
    emulator: 'qemu-aarch64-static',
  },
  x64: {
    compiler: 'x86_64-linux-gnu-gcc',
    version: '12.2.0',
    flags: ['-march=x86-64', '-fcf-protection=none'],
    // The machine itself, which must be one.
    emulator: null,
  },
};

export const common = [
  ...[
    '-std=gnu11',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-Wno-infinite-recursion',
    '-Wno-array-bounds',
    '-ffreestanding',
    '-nostdlib',
    '-fno-builtin',
    '-fno-ident',
  ],
  ...[
    '-fno-stack-protector',
    '-fno-asynchronous-unwind-tables',
    '-fno-tree-loop-distribute-patterns',
    '-fno-math-errno',
  ],
  ...['-ffp-contract=off', '-Wl,--build-id=none', '-Wl,-z,norelro', '-Wl,-z,max-page-size=4096', '-Wl,-z,noexecstack'],
];
/** `source` relative to its folder; symbols stay only where a test wants to see them. */
const programs = [
  ...readdirSync(join(fixtures, 'src'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.slice(0, -2))
    .map((name) => ({
      ...{ name, from: fixtures, source: `src/${name}.c`, optimize: '-Os', symbols: name === 'crash' },
      // What only one machine has is in a file that begins with its name.
      guests: Object.keys(guests).filter((guest) => name.startsWith(`${guest}-`)),
    })),
  { name: 'hello-pie', from: fixtures, source: 'src/hello.c', optimize: '-Os', pie: true },
  ...readdirSync(join(kernels, 'src'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.slice(0, -2))
    .map((name) => ({ name, from: kernels, source: `src/${name}.c`, optimize: '-O2' })),
];

const isFor = (guest, { guests: own = [] }) => own.length === 0 || own.includes(guest);

function compile(guest, program, output) {
  const { compiler, flags } = guests[guest];
  const kind = program.pie ? ['-fpie', '-pie', '-Wl,--no-dynamic-linker,-z,text'] : ['-fno-pie', '-no-pie', '-static'];
  const strip = program.symbols ? [] : ['-s'];
  const args = [...common, ...flags, program.optimize, ...kind, ...strip, '-I', join(fixtures, 'src')];
  // Compiled from its own folder under a relative name, so that no path of this machine gets into the file.
  const result = spawnSync(compiler, [...args, program.source, '-o', output], { cwd: program.from, encoding: 'utf8' });
  if (result.error) throw new Error(`${compiler} cannot be run: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${program.source} does not compile:\n${result.stderr}`);
}

function compilerVersion(guest) {
  const result = spawnSync(guests[guest].compiler, ['-dumpfullversion'], { encoding: 'utf8' });
  return result.error ? null : result.stdout.trim();
}

function build() {
  for (const guest of Object.keys(guests))
    for (const program of programs.filter((each) => isFor(guest, each))) {
      mkdirSync(join(program.from, guest), { recursive: true });
      compile(guest, program, join(program.from, guest, program.name));
    }
  console.log(`${String(programs.length)} programs built`);
}

function check() {
  let different = 0;
  for (const [guest, { compiler, version }] of Object.entries(guests)) {
    const found = compilerVersion(guest);
    if (found !== version) {
      console.log(`skipped ${guest}: needs ${compiler} ${version}, found ${found ?? 'none'}`);
      continue;
    }
    const folder = mkdtempSync(join(tmpdir(), 'hospes-fixtures-'));
    for (const program of programs.filter((each) => isFor(guest, each))) {
      const built = join(folder, program.name);
      compile(guest, program, built);
      const committed = join(program.from, guest, program.name);
      if (existsSync(committed) && readFileSync(committed).equals(readFileSync(built))) continue;
      console.log(`${guest}/${program.name} differs from its source; run npm run fixtures`);
      different++;
    }
    rmSync(folder, { recursive: true });
  }
  console.log(`${String(programs.length)} programs, ${String(different)} different`);
  return different === 0 ? 0 : 1;
}

/** 2001-09-09, in seconds. */
const MODIFIED = 1_000_000_000;

/**
 * Puts the case's files into `folder`.
 *
 * @param {string} folder
 * @param {Record<string, string | { link: string } | { folder: true }>} [files]
 */
export function populate(folder, files = {}) {
  for (const [path, content] of Object.entries(files)) {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof content === 'string') writeFileSync(at, content);
    else if ('link' in content) symlinkSync(content.link, at);
    else mkdirSync(at, { recursive: true });
  }
  // Archives and listings hold times: the same in each run. Folders last, for what is made in them changes theirs.
  for (const path of Object.keys(files).reverse()) lutimesSync(join(folder, path), MODIFIED, MODIFIED);
}

/**
 * What is in `folder` afterwards: path to contents, as latin-1 text where it is a file.
 *
 * @param {string} folder
 * @returns {Record<string, unknown>}
 */
export function contents(folder, prefix = '') {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const name of readdirSync(join(folder, prefix)).sort()) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const kind = lstatSync(join(folder, path));
    if (kind.isDirectory()) Object.assign(found, { [path]: { folder: true } }, contents(folder, path));
    else if (kind.isSymbolicLink()) found[path] = { link: readlinkSync(join(folder, path)) };
    else found[path] = readFileSync(join(folder, path), 'latin1');
  }
  return found;
}

/**
 * Output as it is stored: lines of text, or length and hash where it is long or not text.
 *
 * @param {Buffer} bytes
 * @returns {string[] | { length: number, sha256: string }}
 */
export function storedOutput(bytes) {
  const text = bytes.toString('utf8');
  if (bytes.length <= 8192 && Buffer.from(text, 'utf8').equals(bytes)) return text.split('\n');
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** @param {import('../tests/fixtures/cases.mjs').FixtureCase} test */
export const stdinOf = (test) => Buffer.from(test.stdin ?? '', test.binary ? 'latin1' : 'utf8');

const command = (emulator, [program, ...args]) =>
  emulator === null ? [program, args] : [emulator, [program, ...args]];

function reference(guest, test) {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-fixture-'));
  try {
    populate(folder, test.files);
    const program = join(fixtures, guest, test.program);
    if (!existsSync(program)) throw new Error(`${program} is missing; run npm run fixtures`);
    const { emulator } = guests[guest];
    if (emulator === null && guest !== process.arch) throw new Error(`${guest}: the reference is such a machine`);
    const environment = Object.entries(test.env ?? {});
    const result = spawnSync(...command(emulator, [program, ...(test.args ?? [])]), {
      cwd: folder,
      // qemu-user hands it on in reverse, and so do the tests.
      env: Object.fromEntries(emulator === null ? environment.reverse() : environment),
      input: stdinOf(test),
      maxBuffer: 1 << 28,
      timeout: 60_000,
    });
    if (result.error) throw result.error;
    const status = result.status ?? 128 + constants.signals[result.signal];
    return {
      status,
      stdout: storedOutput(result.stdout),
      ...(test.keeps ? { files: contents(folder) } : {}),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function expect() {
  const { casesOf, corrections } = await import(pathToFileURL(join(fixtures, 'cases.mjs')).href);
  const expected = {};
  for (const guest of Object.keys(guests)) {
    expected[guest] = {};
    for (const test of casesOf(guest)) {
      const result = reference(guest, test);
      const correction = guests[guest].emulator === null ? undefined : corrections[test.name];
      if (correction?.status !== undefined) result.status = correction.status;
      for (const [from, to] of correction?.replace ?? []) {
        const at = result.stdout.findIndex((line) => from.test(line));
        if (at < 0) throw new Error(`${test.name}: the reference no longer prints ${String(from)}`);
        result.stdout[at] = to;
      }
      expected[guest][test.name] = result;
    }
  }
  writeFileSync(join(fixtures, 'expected.json'), JSON.stringify(expected, null, 1) + '\n');
  console.log('tests/fixtures/expected.json written');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const mode = process.argv[2];
  if (mode === undefined) build();
  else if (mode === '--check') process.exitCode = check();
  else if (mode === '--expect') await expect();
  else {
    console.error(`fixtures: unknown option ${mode}; give --check, --expect or nothing`);
    process.exitCode = 2;
  }
}
