/** The version of this package. */
import { existsSync, readFileSync } from 'node:fs';
import { assert } from '../../common/assert.ts';

/** From the nearest package.json above: the bundle lies deeper than this file. */
export function packageVersion(): string {
  let folder = new URL('.', import.meta.url);
  for (;;) {
    const file = new URL('package.json', folder);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
    const above = new URL('..', folder);
    assert(above.href !== folder.href, 'the package has a package.json');
    folder = above;
  }
}
