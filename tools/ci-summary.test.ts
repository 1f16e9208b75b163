import { describe, expect, it } from 'vitest';
import { countsOf, total } from '../scripts/ci-summary.mjs';

describe('the summary of .ci/run', () => {
  it('reads reports of Vitest', () => {
    const report = { success: true, numPassedTests: 5, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1 };
    expect(countsOf('a.json', JSON.stringify(report))).toEqual({ passed: 5, failed: 0, skipped: 3 });
  });

  it('counts a test file that could not be loaded', () => {
    const report = { success: false, numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    expect(countsOf('a.json', JSON.stringify(report)).failed).toBe(1);
  });

  it('reads the last line of counts in a log', () => {
    const log =
      'lua: 3 passed, 0 failed\n1 passed, 1 failed, 0 skipped\n80 passed, 1 failed, 2 skipped (and 3 failed as expected)\n\n';
    expect(countsOf('a.log', log)).toEqual({ passed: 80, failed: 1, skipped: 2 });
    expect(countsOf('a.log', 'apt-get failed\n')).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('never looks better than the steps were', () => {
    const fine = { passed: 5, failed: 0, skipped: 1 };
    expect(total([fine, fine], [])).toEqual({ passed: 10, failed: 0, skipped: 2 });
    expect(total([fine], ['lint', 'types'])).toEqual({ passed: 5, failed: 2, skipped: 1 });
  });
});
