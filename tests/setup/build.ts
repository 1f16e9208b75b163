import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Builds the package where it is older than its sources; tests/cli and others run `dist/cli/main.js`. What programs keep
 * from run to run is in a folder of this run of the tests alone, and gone at its end.
 */
export function setup(): () => void {
  const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
  execFileSync(process.execPath, [script, '--if-stale'], { stdio: ['ignore', 'inherit', 'inherit'] });

  const caches = mkdtempSync(join(tmpdir(), 'hospes-caches-'));
  process.env['XDG_CACHE_HOME'] = caches;
  return () => rmSync(caches, { recursive: true, force: true });
}
