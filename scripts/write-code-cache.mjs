// @ts-check
/**
 * Writes the code that V8 compiles for the bundle of the command while it runs a program, for `src/cli/main.ts` to start
 * with. Run by the build; the program's output is of no interest.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const bundle = fileURLToPath(new URL('../dist/bundle/cli/command.cjs', import.meta.url));
const programs = fileURLToPath(new URL('../tests/fixtures/riscv64', import.meta.url));

// The same text as in src/cli/main.ts: V8 takes the code only for a source of the same length.
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'utf8')}\n})`;
const script = new Script(source, { filename: bundle });
process.argv = [process.execPath, bundle, 'run', '--root', programs, '/hello'];
process.on('exit', (status) => {
  if (status === 0) writeFileSync(`${bundle}.${process.versions.v8}-${process.arch}`, script.createCachedData());
});
script.runInThisContext()({}, createRequire(bundle), {}, bundle, dirname(bundle));
