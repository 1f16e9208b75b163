#!/usr/bin/env node
/**
 * Starts the `hospes` command from the bundle that the build makes of `command.ts`, with the code that V8 compiled for
 * it then. Loading and compiling some 250 modules takes longer than many a guest program runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

type CommonJsWrapper = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;

const bundle = fileURLToPath(new URL('../bundle/cli/command.cjs', import.meta.url));
// Compiled code fits one version of V8; scripts/write-code-cache.mjs names the file in the same way.
const cache = `${bundle}.${process.versions.v8}-${process.arch}`;
const require = module.createRequire(bundle);

if (existsSync(cache)) {
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'utf8')}\n})`;
  const script = new Script(source, { filename: bundle, cachedData: readFileSync(cache) });
  const run = script.runInThisContext() as CommonJsWrapper;
  run({}, require, {}, bundle, dirname(bundle));
} else {
  // Node from 22.8 on keeps compiled code itself, when asked.
  if ('enableCompileCache' in module) (module.enableCompileCache as () => void)();
  require(bundle);
}
