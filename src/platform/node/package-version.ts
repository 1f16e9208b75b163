/** The version of this package. */
import { existsSync, readFileSync } from 'node:fs';

/** From the nearest package.json above: the bundle lies deeper than this file. */
export function packageVersion(): string {
  for (let path = './package.json'; ; path = `../${path}`) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    return (JSON.parse(readFileSync(url, 'utf8')) as { readonly version: string }).version;
  }
}
