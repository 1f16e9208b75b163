/** Packages that need not be there. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

export interface FoundPackage {
  readonly path: string;
  readonly version: string;
}

/** Where an optional package lies, and its version; or why it is not found. */
export function findPackage(name: string, folder?: string): FoundPackage | { readonly reason: string } {
  try {
    const path = createRequire(import.meta.url).resolve(folder === undefined ? name : resolve(folder));
    return { path, version: versionAbove(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const missing = code === 'MODULE_NOT_FOUND';
    const at = folder === undefined ? '' : ` in ${folder}`;
    return {
      reason: missing ? `the package ${name} is not installed${at}` : `the package ${name} cannot be read (${code})`,
    };
  }
}

function versionAbove(path: string): string {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
      if (typeof version === 'string') return version;
    } catch {
      // Not here: further up.
    }
  }
  return 'unknown';
}
