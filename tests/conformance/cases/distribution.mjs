// @ts-check
/**
 * What one does in a container: shells, git, make and gcc, Python's processes, databases, packages, terminals. Each case is a
 * script of the folder `distribution`, run in a root of its own packages (`distribution` in packages.mjs).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { cases } from './case.mjs';

const folder = new URL('distribution/', import.meta.url);
/** @type {Record<string, string>} */
const interpreters = { '.sh': '/bin/bash', '.py': '/usr/bin/python3', '.pl': '/usr/bin/perl' };

const long = new Set([
  ...['apt-repository', 'dpkg-conffiles', 'expect', 'gcc-loading', 'gcc-programs', 'git-packs', 'git-submodules'],
  ...['make-project', 'names', 'python-multiprocessing'],
]);

export default cases('distribution', (add) => {
  for (const file of readdirSync(folder).sort()) {
    const kind = extname(file);
    const interpreter = interpreters[kind];
    if (interpreter === undefined) throw new Error(`${file}: no interpreter is known for ${kind}`);
    const main = `main${kind}`;
    const name = file.slice(0, -kind.length);
    add(name, [interpreter, main], {
      distribution: true,
      long: long.has(name),
      files: { [main]: readFileSync(new URL(file, folder), 'utf8') },
    });
  }
});
