// @ts-check
/** The kernels as programs: for a guest, for this machine, and as WebAssembly. The last two are built when first wanted. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../scripts/debian-root.mjs';
import { common } from '../scripts/fixtures.mjs';
import { BenchError, versionOf } from './measure.mjs';

const kernels = fileURLToPath(new URL('kernels/', import.meta.url));
const headers = fileURLToPath(new URL('../tests/fixtures/src/', import.meta.url));

/** How often each kernel's work is repeated, so that qemu takes about a second. @type {Readonly<Record<string, number>>} */
export const scales = {
  bytecode: 2,
  chase: 3,
  dispatch: 6,
  fib: 5,
  hashmap: 10,
  lz: 10,
  matmul: 3,
  matrix32: 2,
  nbody: 2,
  nbody32: 1,
  pixels: 3,
  quicksort: 8,
  sha256: 8,
  sieve: 10,
  states: 6,
  strings: 5,
  vectors: 8,
};

export const kernelNames = () =>
  readdirSync(join(kernels, 'src'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.slice(0, -2));

/** Flags that clang refuses, or that are not for its linker. */
const gccOnly = /^-(Wl,|W|fno-tree)/;

/** @typedef {'native' | 'wasm'} Compiled */

/** @type {Readonly<Record<Compiled, { compiler: string, debian: string, flags: readonly string[] }>>} */
const targets = {
  native: { compiler: 'gcc', debian: 'gcc', flags: [...common, '-O2', '-static', '-fno-pie', '-no-pie'] },
  wasm: {
    compiler: 'clang',
    debian: 'clang and lld',
    flags: [...common.filter((flag) => !gccOnly.test(flag)), '--target=wasm32', '-O2', '-Wl,--no-entry'],
  },
};

/** The compiler's version. @param {Compiled} target */
export function compilerOf(target) {
  const { compiler, debian } = targets[target];
  return versionOf(
    compiler,
    `it compiles the kernels for the column ${target}; install it (Debian: ${debian}) or name the other columns with --columns`,
  );
}

/** A kernel built for `target`; kept in the cache for as long as nothing that it is made from changes. @param {Compiled} target @param {string} name */
export function builtKernel(target, name) {
  const { compiler, flags } = targets[target];
  const source = join(kernels, 'src', `${name}.c`);
  const parts = [source, join(kernels, 'src/kernel.h'), join(headers, 'lib/guest.h')].map((file) => readFileSync(file));
  const key = createHash('sha256').update(compilerOf(target)).update(flags.join(' ')).update(Buffer.concat(parts));
  const folder = join(cacheFolder, 'bench');
  const file = join(folder, `${name}-${target}-${key.digest('hex').slice(0, 16)}`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${file}.${String(process.pid)}`;
  const result = spawnSync(compiler, [...flags, '-I', headers, source, '-o', unfinished], { encoding: 'utf8' });
  if (result.status !== 0)
    throw new BenchError(`${compiler} does not compile ${name}.c for ${target}: ${firstError(result.stderr)}`);
  renameSync(unfinished, file);
  return file;
}

/** @param {string} text */
const firstError = (text) => text.split('\n').find((line) => line.includes('error')) ?? text.trim();

/** A kernel as a program for a guest; this machine's own programs are a guest's too. @param {string} guest @param {string} name */
export function guestKernel(guest, name) {
  const committed = join(kernels, guest, name);
  if (existsSync(committed)) return committed;
  if (guest === process.arch) return builtKernel('native', name);
  throw new BenchError(`${committed} is missing: npm run fixtures builds it`);
}
