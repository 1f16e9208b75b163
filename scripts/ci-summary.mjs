// @ts-check
/**
 * Adds up what the steps of `.ci/run` counted: Vitest's JSON reports, and logs that end in a line
 * `N passed, N failed, N skipped`. The line it prints last says the same of the whole run; a step that broke without
 * a failed test of its own counts as one failure, so that the line never looks better than the run was.
 *
 *   node scripts/ci-summary.mjs FOLDER [BROKEN-STEP...]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/**
 * The counts of one report, by its name and text.
 *
 * @param {string} name
 * @param {string} text
 * @returns {Counts}
 */
export function countsOf(name, text) {
  if (name.endsWith('.json')) {
    const report = JSON.parse(text);
    return {
      passed: report.numPassedTests,
      // A file that could not even be loaded has no tests to fail.
      failed: Math.max(report.numFailedTests, report.success === false ? 1 : 0),
      skipped: report.numPendingTests + report.numTodoTests,
    };
  }
  const last = [...text.matchAll(/^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?(?: \(.*\))?$/gm)].at(-1);
  // A log that counts nothing means that nothing ran.
  if (last === undefined) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

/**
 * @param {readonly Counts[]} all
 * @param {readonly string[]} broken
 * @returns {Counts}
 */
export function total(all, broken) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return { ...sum, failed: Math.max(sum.failed, broken.length) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder = '.', ...broken] = process.argv.slice(2);
  const all = readdirSync(folder)
    .sort()
    .map((name) => {
      const counts = countsOf(name, readFileSync(join(folder, name), 'utf8'));
      console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
      return counts;
    });
  const sum = total(all, broken);
  if (broken.length > 0) console.log(`steps that failed: ${broken.join(', ')}`);
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}
