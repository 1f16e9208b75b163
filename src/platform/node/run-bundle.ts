/** Runs one of the scripts that the build bundles, with the code that V8 compiled for it then, where that fits. */
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

type CommonJsWrapper = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;

/** Returns what the script exports. */
export function runBundle(path: string): unknown {
  // Compiled code fits one version of V8; scripts/write-code-cache.mjs names the file in the same way.
  const cache = `${path}.${process.versions.v8}-${process.arch}`;
  const require = module.createRequire(path);
  if (!existsSync(cache)) {
    // Node from 22.8 on keeps compiled code itself, when asked.
    if ('enableCompileCache' in module) (module.enableCompileCache as () => void)();
    return require(path);
  }
  // The build leaves ASCII alone in it.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'latin1')}\n})`;
  const script = new Script(source, { filename: path, cachedData: readFileSync(cache) });
  const exports = {};
  (script.runInThisContext() as CommonJsWrapper)(exports, require, { exports }, path, dirname(path));
  return exports;
}
