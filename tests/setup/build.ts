import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds the package where it is older than its sources; tests/cli and others run `dist/cli/main.js`. */
export function setup(): void {
  const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
  execFileSync(process.execPath, [script, '--if-stale'], { stdio: ['ignore', 'inherit', 'inherit'] });
}
