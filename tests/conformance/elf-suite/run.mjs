#!/usr/bin/env node
// @ts-check
/**
 * Runs every ELF file in a folder; one that ends with status 0 passes. Made for riscv-tests built for user mode, which
 * are not part of this repository.
 *
 *   npm run elf-suite -- FOLDER [--expected-failures FILE] [--filter TEXT] [--jobs 2] [--hospes COMMAND]
 *
 * FILE has a line `NAME reason` for each file that is known to fail; one that passes after all is a failure too, and
 * so is a name that the folder does not have.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { knownFailures } from '../known-failures.mjs';

const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const TIMEOUT_MS = 60_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'expected-failures': { type: 'string' },
    filter: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    hospes: { type: 'string', default: `${process.execPath} ${join(repository, 'dist/cli/main.js')}` },
  },
});

/** @param {string} path */
function isElf(path) {
  if (!statSync(path).isFile()) return false;
  const head = Buffer.alloc(4);
  const fd = openSync(path, 'r');
  readSync(fd, head, 0, 4, 0);
  closeSync(fd);
  return head.toString('latin1') === '\x7fELF';
}

/** What went wrong, or null. @param {string} path @returns {Promise<string | null>} */
function run(path) {
  const [command = '', ...args] = options.hospes.split(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, 'run', path], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, TIMEOUT_MS);
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(null);
      else if (late) resolve(`no end within ${String(TIMEOUT_MS / 1000)} s`);
      else resolve(`status ${String(code ?? signal)} ${stderr.trim().split('\n')[0] ?? ''}`.trim());
    });
  });
}

async function main() {
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new Error('give one folder of ELF files');
  const list = options['expected-failures'];
  const known = list === undefined ? new Map() : knownFailures(list);
  const all = readdirSync(folder)
    .sort()
    .filter((name) => isElf(join(folder, name)));
  for (const name of known.keys())
    if (!all.includes(name)) throw new Error(`${name} is listed as an expected failure but not in ${folder}`);
  const queue = all.filter((name) => name.includes(options.filter));
  // An empty run must not look like a good one.
  if (queue.length === 0) throw new Error(`no ELF file to run in ${folder}`);
  const counts = { passed: 0, failed: 0, expected: 0 };
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const problem = await run(join(folder, name));
      const reason = known.get(name);
      if (problem !== null && reason !== undefined) counts.expected++;
      else if (problem === null && reason === undefined) counts.passed++;
      else {
        counts.failed++;
        console.log(`FAIL ${name}: ${problem ?? 'passes, though it is listed as an expected failure'}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, worker));
  console.log(
    `${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.expected)} failed as expected`,
  );
  return counts.failed === 0 ? 0 : 1;
}

process.exitCode = await main().catch((/** @type {Error} */ error) => {
  console.error(`elf-suite: ${error.message}`);
  return 2;
});
