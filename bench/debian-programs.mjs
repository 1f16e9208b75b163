// @ts-check
/** Programs of Debian with work that takes qemu five seconds and more. Their files lie in a folder of each run. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianRoot } from '../scripts/debian-root.mjs';
import { log } from '../tests/conformance/cases/case.mjs';
import { packages } from '../tests/conformance/packages.mjs';
import { BenchError } from './measure.mjs';

const scripts = fileURLToPath(new URL('programs/', import.meta.url));
const debian = { riscv64: 'riscv64', aarch64: 'arm64', x64: 'amd64' };

/** @typedef {keyof typeof debian} GuestName */

/**
 * `argv` names a program of /usr/bin first. The working directory holds the scripts, and `log.txt`.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const programs = {
  python3: ['python3', 'work.py', '36'],
  lua: ['lua5.4', 'work.lua', '14'],
  sqlite3: ['sqlite3', ':memory:', '.read work.sql'],
  zstd: ['zstd', '--single-thread', '-19', '-c', 'log.txt'],
  openssl: [
    ...['openssl', 'kdf', '-keylen', '32', '-kdfopt', 'digest:SHA2-256', '-kdfopt', 'pass:hospes'],
    ...['-kdfopt', 'salt:bench', '-kdfopt', 'iter:1600000', 'PBKDF2'],
  ],
};

const LOG_BYTES = 2_200_000;

/** The packages' root folder for a guest; made when it is not there, which needs Debian's archive. @param {GuestName} guest */
export function programRoot(guest) {
  try {
    return debianRoot({ arch: debian[guest], packages });
  } catch (error) {
    throw new BenchError(`the programs' packages: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * What to run to measure a program.
 *
 * @param {readonly string[]} argv @param {{ root: string, folder: string, emulator: readonly string[], hospes: readonly string[] }} place
 * @returns {Record<string, import('./measure.mjs').Job>}
 */
export function programJobs([program = '', ...args], { root, folder, emulator, hospes }) {
  const path = `/usr/bin/${program}`;
  const place = ['--root', root, '--mount', `${folder}:/work`, '--cwd', '/work', '--', path, ...args];
  return {
    hospes: { command: [...hospes, ...place], isRepeated: true },
    cold: { command: [...hospes, '--no-cache', ...place] },
    qemu: { command: [...emulator, '-L', root, root + path, ...args], cwd: folder },
  };
}

/** Calls `use` with a folder that holds what the programs work on. @template T @param {(folder: string) => T} use @returns {T} */
export function withWork(use) {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-bench-'));
  try {
    for (const name of ['work.py', 'work.lua', 'work.sql']) copyFileSync(join(scripts, name), join(folder, name));
    writeFileSync(join(folder, 'log.txt'), log(LOG_BYTES));
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
