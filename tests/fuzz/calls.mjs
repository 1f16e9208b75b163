#!/usr/bin/env node
// @ts-check
/**
 * Random system calls (tests/fixtures/src/random-calls.c) on a machine with limits and one writable folder: Hospes must not
 * fail, hang, or let anything of them out of the folder.
 *
 *   npm run fuzz:calls -- [--guest riscv64|aarch64|x64|all] [--seed N] [--count 10000] [--accel NAME]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const LIMITS = ['--memory', '256M', '--disk', '32M', '--pids', '100', '--max-output', '64M'];
/** What a command that ended in time has for a status: its own, or that of a signal. */
const HOSPES_FAILED = 125;
const GUESTS = ['riscv64', 'aarch64', 'x64'];

/** All of a folder that a program without rights there could change. @param {string} path @returns {string} */
function digestOf(path) {
  const hash = createHash('sha256');
  /** @param {string} at */
  const visit = (at) => {
    const stat = lstatSync(at);
    hash.update(`${at} ${String(stat.mode)} ${String(stat.ino)} ${String(stat.mtimeMs)}\n`);
    if (stat.isSymbolicLink()) hash.update(readlinkSync(at));
    else if (stat.isDirectory()) for (const name of readdirSync(at).sort()) visit(join(at, name));
    else hash.update(readFileSync(at));
  };
  visit(path);
  return hash.digest('hex');
}

/**
 * @typedef {{ status: number | null, signal: string | null, stdout: string, stderr: string, seconds: number, escaped: boolean, late: boolean }} Outcome
 * @param {{ guest: string, seed: number, count: number, accel?: string | undefined, seconds?: number }} options
 * @returns {Promise<Outcome>}
 */
export async function randomCalls({ guest, seed, count, accel, seconds = 60 + count / 20 }) {
  const folder = mkdtempSync(join(tmpdir(), 'hospes-calls-'));
  const outside = join(folder, 'outside');
  const work = join(folder, 'work');
  for (const path of [outside, work, join(work, 'd')]) mkdirSync(path);
  writeFileSync(join(outside, 'kept'), 'as it was');
  writeFileSync(join(work, 'f'), 'some text');
  symlinkSync('d', join(work, 'link'));
  // Links that lead out, where they led on the host.
  symlinkSync(outside, join(work, 'out'));
  const before = digestOf(outside);
  const listed = readdirSync(folder).join();
  const begun = performance.now();
  try {
    const args = [
      ...[
        'run',
        ...LIMITS,
        ...(accel === undefined ? [] : ['--accel', accel]),
        '--mount',
        `${work}:/work`,
        '--cwd',
        '/work',
      ],
      ...[join(repository, 'tests/fixtures', guest, 'random-calls'), String(seed), String(count)],
    ];
    const { late, ...ended } = await execute(args, seconds);
    const escaped = digestOf(outside) !== before || readdirSync(folder).join() !== listed;
    return { ...ended, late, escaped, seconds: (performance.now() - begun) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} args @param {number} seconds @returns {Promise<Omit<Outcome, 'escaped' | 'seconds'>>} */
function execute(args, seconds) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(repository, 'dist/cli/main.js'), ...args], {
      env: { ...process.env, HOSPES_DEBUG: '1' },
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
    let stdout = '';
    let stderr = '';
    child.stdout
      .setEncoding('latin1')
      .on('data', (/** @type {string} */ text) => (stdout = (stdout + text).slice(-4096)));
    child.stderr
      .setEncoding('latin1')
      .on('data', (/** @type {string} */ text) => (stderr = (stderr + text).slice(-65536)));
    child.stdin.on('error', () => undefined);
    child.stdin.end('input');
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr, late });
    });
  });
}

/** What went wrong, or null. A guest whose first process hit itself has ended early, which is its own affair. @param {Outcome} outcome */
export function problemOf({ status, signal, stderr, stdout, escaped, late }) {
  if (escaped) return 'something outside of the folder has changed';
  if (late) return 'it hung';
  if (signal !== null) return `the host's process was ended by ${signal}`;
  if (status === HOSPES_FAILED) return `Hospes failed: ${stderr.slice(-3000)}`;
  if (status === 0 && stdout.endsWith('all calls made\n')) return null;
  return `it ended early with status ${String(status)}: ${stderr.slice(-300)}`;
}

async function main() {
  const { values: options } = parseArgs({
    options: {
      guest: { type: 'string', default: 'all' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      count: { type: 'string', default: '10000' },
      accel: { type: 'string' },
    },
  });
  const seed = Number(options.seed);
  const count = Number(options.count);
  let failed = 0;
  for (const guest of options.guest === 'all' ? GUESTS : [options.guest]) {
    const outcome = await randomCalls({ guest, seed, count, accel: options.accel });
    const problem = problemOf(outcome);
    if (problem !== null) failed++;
    console.log(
      `${guest}, seed ${String(seed)}: ${String(count)} calls in ${outcome.seconds.toFixed(1)} s: ${problem ?? 'nothing happened'}`,
    );
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main();
