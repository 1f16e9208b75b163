// @ts-check
/**
 * Builds the package: TypeScript to `dist/`, the interpreter's WebAssembly module beside its loader, and the command and the
 * compiler's and the guest's threads as one script each with their compiled code. `--if-stale` does nothing where `dist/` is newer than everything it is made from.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');
const started = new Date();
const scripts = ['build', 'write-interpreter', 'write-code-cache'].map((name) => `scripts/${name}.mjs`);

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);
rmSync(stamp, { force: true });
runNode([createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')]);
runNode([join(root, 'scripts', 'write-interpreter.mjs')]);
await bundle('cli/command');
await bundle('thread/compile-service', 'api/compile-service');
await bundle('guest/guest-thread-service', 'api/guest-thread-service');
for (const name of ['command', 'thread']) runNode([join(root, 'scripts', 'write-code-cache.mjs'), name], 'ignore');
writeFileSync(stamp, '');
// What was edited while the compiler ran counts as newer.
utimesSync(stamp, started, started);

/**
 * Two folders below `dist/`, as the modules that read files of the package are: `../../` leads all of them to `dist/`.
 * Nothing is minified, so that a stack trace can be read.
 */
async function bundle(/** @type {string} */ name, input = name) {
  const file = join(root, 'dist', 'bundle', `${name}.cjs`);
  rmSync(dirname(file), { recursive: true, force: true });
  await build({
    input: join(root, 'dist', `${input}.js`),
    platform: 'node',
    output: { file, format: 'cjs', codeSplitting: false, comments: false },
  });
  // ASCII alone is read faster, and takes half the memory. What is not is in literals.
  const escaped = (/** @type {string} */ text) => `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escaped));
}

/** @param {string[]} args @param {'inherit' | 'ignore'} [stdout] */
function runNode(args, stdout = 'inherit') {
  const { status, error } = spawnSync(process.execPath, args, { stdio: ['ignore', stdout, 'inherit'], cwd: root });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return newest(['package.json', 'tsconfig.json', 'tsconfig.build.json', 'types', 'src', ...scripts]) < built;
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
