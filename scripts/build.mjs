// @ts-check
/**
 * Builds the package: TypeScript to `dist/`, then the interpreter's WebAssembly module beside its loader.
 * `--if-stale` does nothing where `dist/` is newer than everything it is made from.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');
const started = new Date();

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);
rmSync(stamp, { force: true });
runNode([createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')]);
runNode([join(root, 'scripts', 'write-interpreter.mjs')]);
writeFileSync(stamp, '');
// What was edited while the compiler ran counts as newer.
utimesSync(stamp, started, started);

/** @param {string[]} args */
function runNode(args) {
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return newest(['package.json', 'tsconfig.json', 'tsconfig.build.json', 'types', 'src', 'scripts/build.mjs']) < built;
}

/**
 * The latest modification of the files (below the folders) given, tests aside.
 *
 * @param {string[]} paths
 * @returns {number}
 */
function newest(paths) {
  return Math.max(
    0,
    ...paths.map((path) => {
      const full = join(root, path);
      const stat = statSync(full);
      if (!stat.isDirectory()) return path.endsWith('.test.ts') ? 0 : stat.mtimeMs;
      return newest(readdirSync(full).map((name) => `${path}/${name}`));
    }),
  );
}
