/** Finds the interpreter modules that the build wrote beside their loader. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../host/interpreter/', import.meta.url);

/**
 * The bytes of the module of a name when the build's fingerprint is `fingerprint`; null when it is another
 * or there are no built files (running from source): then the module is generated at start-up.
 */
export function prebuiltModules(name: string, fingerprint: string): Uint8Array | null {
  const index = fileURLToPath(new URL('interpreter.json', folder));
  if (!existsSync(index)) return null;
  const fingerprints = JSON.parse(readFileSync(index, 'utf8')) as Readonly<Record<string, string>>;
  if (fingerprints[name] !== fingerprint) return null;
  return readFileSync(fileURLToPath(new URL(`interpreter-${name}.wasm`, folder)));
}
