#!/usr/bin/env node
// @ts-check
/**
 * Runs the system-call tests of the Linux Test Project, which are not part of this repository, and holds the outcomes
 * against docs/ltp.md.
 *
 *   npm run ltp -- --root DIR --folder PATH --commands FILE [--filter TEXT] [--jobs 1] [--hospes COMMAND] [--out FILE]
 *                  [--from FILE] [--write-docs VERSION]
 *
 * DIR becomes the guest's root, which a run does not change: a Debian folder whose /etc/passwd has root, daemon, bin and
 * nobody, and with a /boot/config-RELEASE. PATH in it holds a folder of programs for each call, as LTP's
 * testcases/kernel/syscalls does once it is built. FILE has a line `NAME PROGRAM ARGS...` for each test, as LTP's
 * runtest/syscalls.
 *
 * Tests that do not pass are listed with their reasons in tests/expected-failures/ltp.txt. One that is not listed is a
 * failure, and so is one that is listed and passes. Tests about calls that are not there (docs/syscalls.md) are not run.
 * `--out` keeps the outcomes and what the tests printed, a line of JSON each; `--from` takes them from there and runs
 * nothing; `--write-docs` writes docs/ltp.md for this version of LTP, and says what is missing from the run.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { knownFailures } from '../known-failures.mjs';
import { callsThere, page } from './page.mjs';

/** @typedef {import('./page.mjs').Outcome} Outcome */
/** @typedef {{ name: string, program: string, args: string[] }} Test */

const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const LIST = join(repository, 'tests/expected-failures/ltp.txt');
const TIMEOUT_MS = 60_000;
/** Exit status of LTP's library, whose bits may come together. */
const TFAIL = 1;
const TBROK = 2;
const TWARN = 4;
const TCONF = 32;
/** The same test once more, for calls with 16-bit ids or 64-bit offsets of their own, which 64-bit guests have not. */
const VARIANT = /_(16|64)$/;
/** What LTP's library says, with TBROK, where a test needs a block device and there is none. */
const NO_DEVICE = 'Failed to acquire device';

const { values: options } = parseArgs({
  options: {
    root: { type: 'string' },
    folder: { type: 'string' },
    commands: { type: 'string' },
    filter: { type: 'string', default: '' },
    jobs: { type: 'string', default: '1' },
    hospes: { type: 'string', default: `${process.execPath} ${join(repository, 'dist/cli/main.js')}` },
    out: { type: 'string' },
    from: { type: 'string' },
    'write-docs': { type: 'string' },
  },
});

/** Lines of LTP's runtest files. @param {string} file @returns {Test[]} */
function readCommands(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', program = name, ...args] = line.split(/\s+/);
      return { name, program, args };
    })
    .filter(({ name }) => !VARIANT.test(name));
}

/** Paths of the executable files below a folder, by name. @param {string} folder @returns {Map<string, string>} */
function programsBelow(folder) {
  const found = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (statSync(path).mode & 0o111) !== 0) found.set(entry.name, path);
  }
  return found;
}

/** The folder of a program, which is named after a call. @param {string} folder @param {string} path */
function groupOf(folder, path) {
  return relative(folder, dirname(path));
}

/** @param {number | null} status @param {string} output @returns {Outcome['kind']} */
function kindOf(status, output) {
  if (status === 0) return 'pass';
  if (output.includes(NO_DEVICE)) return 'not configured';
  if (status === null || status === 124 || status >= 64) return 'broken';
  if ((status & TFAIL) !== 0) return 'fail';
  if ((status & TBROK) !== 0) return 'broken';
  if ((status & TWARN) !== 0) return 'warn';
  return status === TCONF ? 'not configured' : 'broken';
}

/** @param {Test} test @param {string} root @param {string} path @param {string} group @returns {Promise<Outcome>} */
function run(test, root, path, group) {
  const [command = '', ...first] = options.hospes.split(' ');
  const program = posix.join('/', relative(root, path));
  const place = posix.dirname(program);
  const settings = [
    ['--root', root],
    ['--cwd', place],
    ['--env', `PATH=${place}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`],
    ['--env', 'TMPDIR=/tmp'],
    ['--env', 'LTP_COLORIZE_OUTPUT=n'],
    ['--env', 'LTP_TIMEOUT_MUL=2'],
    ['--net', 'loopback'],
    ['--timeout', `${String(TIMEOUT_MS / 1000)}s`],
  ].flat();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, 'run', ...settings, '--no-cache', '--', program, ...test.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const killer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS * 1.5);
    const take = (/** @type {Buffer} */ chunk) => (output += String(chunk));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const begin = Date.now();
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(killer);
      resolve({ name: test.name, group, kind: kindOf(status, output), status, output, ms: Date.now() - begin });
    });
  });
}

/** The line that says best why a test did not pass. @param {Outcome} outcome */
function lineOf({ kind, output, status }) {
  const word = { fail: 'TFAIL', broken: 'TBROK', warn: 'TWARN', 'not configured': 'TCONF', pass: 'TPASS' }[kind];
  const lines = output.split('\n');
  return `${kind} (${String(status)}): ${(lines.find((line) => line.includes(word)) ?? lines.at(-2) ?? '').trim()}`;
}

/**
 * Runs tests, and says of each that is not as it is listed.
 * @param {readonly Test[]} tests
 * @param {string} root
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} programs
 * @returns {Promise<Outcome[]>}
 */
async function runAll(tests, root, folder, programs) {
  const queue = [...tests];
  /** @type {Outcome[]} */ const outcomes = [];
  if (options.out !== undefined) writeFileSync(options.out, '');
  const worker = async () => {
    for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
      const path = programs.get(test.program) ?? '';
      const outcome = await run(test, root, path, groupOf(folder, path));
      outcomes.push(outcome);
      if (options.out !== undefined) appendFileSync(options.out, `${JSON.stringify(outcome)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, worker));
  return outcomes;
}

/** Outcomes that --out kept. @param {string} file @param {readonly Test[]} tests @returns {Outcome[]} */
function keptOutcomes(file, tests) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const outcomes = lines.filter((line) => line !== '').map((line) => /** @type {Outcome} */ (JSON.parse(line)));
  return outcomes.filter(({ name }) => tests.some((test) => test.name === name));
}

/** Prints what is not as it is listed, and counts it. @param {readonly Outcome[]} outcomes @param {ReadonlyMap<string, string>} known */
function surprises(outcomes, known) {
  let count = 0;
  for (const outcome of outcomes) {
    const { name, kind } = outcome;
    const failed = kind !== 'pass' && kind !== 'not configured';
    if (failed === known.has(name)) continue;
    count++;
    console.log(`FAIL ${name}: ${failed ? lineOf(outcome) : `${kind}, though it is listed as a failure`}`);
  }
  return count;
}

async function main() {
  const { commands, root } = options;
  if (commands === undefined || root === undefined || options.folder === undefined)
    throw new Error('give --root DIR, --folder PATH and --commands FILE');
  const folder = join(root, options.folder);
  const known = knownFailures(LIST);
  const all = readCommands(commands);
  for (const name of known.keys())
    if (!all.some((test) => test.name === name))
      throw new Error(`${name} is listed as a failure but not in ${commands}`);
  const programs = programsBelow(folder);
  const there = callsThere(readFileSync(join(repository, 'docs/syscalls.md'), 'utf8'));
  const built = all.filter(({ program }) => programs.has(program));
  const about = built.filter(({ program }) => there(groupOf(folder, programs.get(program) ?? '')));
  const tests = about.filter(({ name }) => name.includes(options.filter));
  // An empty run must not look like a good one.
  if (tests.length === 0) throw new Error(`none of the tests of ${commands} is in ${folder}`);
  const { from } = options;
  const outcomes = from === undefined ? await runAll(tests, root, folder, programs) : keptOutcomes(from, tests);
  outcomes.sort((a, b) => (a.name < b.name ? -1 : 1));
  const unexpected = surprises(outcomes, known);
  const version = options['write-docs'];
  if (version !== undefined) {
    if (options.filter !== '') throw new Error('--write-docs goes without --filter');
    const missing = about.filter((test) => !outcomes.some(({ name }) => name === test.name)).map(({ name }) => name);
    writeFileSync(
      join(repository, 'docs/ltp.md'),
      page({
        version,
        outcomes,
        known,
        missing,
        absent: built.length - about.length,
        notBuilt: all.length - built.length,
      }),
    );
  }
  /** @param {Outcome['kind']} kind */
  const count = (kind) => `${String(outcomes.filter((outcome) => outcome.kind === kind).length)} ${kind}`;
  console.log(/** @type {const} */ (['pass', 'fail', 'broken', 'warn', 'not configured']).map(count).join(', '));
  console.log(`${String(unexpected)} not as listed`);
  return unexpected === 0 ? 0 : 1;
}

process.exitCode = await main().catch((/** @type {Error} */ error) => {
  console.error(`ltp: ${error.message}`);
  return 2;
});
