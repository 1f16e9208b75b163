// @ts-check
/** Lists of what is known to fail: a line `NAME reason` each. */
import { readFileSync } from 'node:fs';

/** Reasons by name. @param {string} file @returns {Map<string, string>} */
export function knownFailures(file) {
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
