#!/usr/bin/env node
// @ts-check
/**
 * Runs assembly tests that say in their own header what registers hold at the end. A test is NAME.bin, flat code for
 * address 0x10000 that ends with `hlt`, and NAME.asm beside it, from which only the header is read; see header.ts. Made for
 * FEX's unittests/ASM, assembled elsewhere, which is not part of this repository.
 *
 *   npm run asm-suite -- FOLDER [--expected-failures FILE] [--filter TEXT] [--model strict|range] [--tier 0|1]
 *                        [--show 40]
 *
 * FILE has a line `NAME reason` for each test that is known to fail; one that passes after all is a failure too, and so
 * is a name that the folder does not have. Tests of features that no level of the processor has are skipped and counted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createViteServer } from 'vitest/node';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'expected-failures': { type: 'string' },
    filter: { type: 'string', default: '' },
    model: { type: 'string', default: 'strict' },
    tier: { type: 'string', default: '0' },
    show: { type: 'string', default: '40' },
  },
});

/** @returns {Map<string, string>} */
function expectedFailures() {
  const file = options['expected-failures'];
  if (file === undefined) return new Map();
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [name = '', ...reason] = line.trim().split(/\s+/);
      if (reason.length === 0) throw new Error(`${file}: ${name} is listed without a reason`);
      return [name, reason.join(' ')];
    }),
  );
}

/** Names of the tests, sorted. @param {string} folder @returns {string[]} */
function testsIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.bin'))
    .map((name) => name.slice(0, -4))
    .sort();
}

/** @param {string} folder @param {typeof import('./suite.ts')} suite */
function runAll(folder, { Suite }) {
  const known = expectedFailures();
  const all = testsIn(folder);
  for (const name of known.keys())
    if (!all.includes(name)) throw new Error(`${name} is listed as an expected failure but not in ${folder}`);
  const wanted = all.filter((name) => name.includes(options.filter));
  // An empty run must not look like a good one.
  if (wanted.length === 0) throw new Error(`no test to run in ${folder}`);
  const suite = new Suite(options.model === 'range' ? 'range' : 'strict', options.tier === '1' ? 1 : 0);
  const counts = { passed: 0, failed: 0, expected: 0 };
  /** @type {Map<string, number>} */
  const skipped = new Map();
  for (const name of wanted) {
    const path = join(folder, name);
    const result = suite.run(readFileSync(`${path}.bin`), readFileSync(`${path}.asm`, 'utf8'));
    if (result.kind === 'skipped') {
      skipped.set(result.reason, (skipped.get(result.reason) ?? 0) + 1);
      continue;
    }
    const reason = known.get(name);
    const problems =
      result.problems.length === 0 && reason !== undefined ? ['passes, though it is listed'] : result.problems;
    if (problems.length === 0) counts.passed++;
    else if (reason !== undefined && result.problems.length > 0) counts.expected++;
    else if (++counts.failed <= Number(options.show)) console.log(`FAIL ${name}\n  ${problems.join('\n  ')}`);
  }
  for (const [reason, count] of skipped) console.log(`${String(count)} skipped: ${reason}`);
  console.log(
    `${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.expected)} failed as expected`,
  );
  return counts.failed === 0 ? 0 : 1;
}

async function main() {
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new Error('give one folder of tests');
  // From source, so that a change shows without a build.
  const server = await createViteServer({
    root: fileURLToPath(new URL('../../../..', import.meta.url)),
    configFile: false,
    appType: 'custom',
    logLevel: 'warn',
    server: { middlewareMode: true, watch: null, ws: false },
  });
  try {
    const loaded = await server.ssrLoadModule('/tests/guest-asm/x64/header-suite/suite.ts');
    return runAll(folder, /** @type {any} */ (loaded));
  } finally {
    await server.close();
  }
}

process.exitCode = await main().catch((/** @type {Error} */ error) => {
  console.error(`asm-suite: ${error.message}`);
  return 2;
});
