// @ts-check
/**
 * Writes the interpreter modules for the default memory layout beside their loader in `dist/`, and a text that changes
 * with everything that translates code. Run by the build.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../dist/host/interpreter/', import.meta.url);
const { generateInterpreter } = await import(new URL('generate.js', folder).href);
const { defaultLayout, interpreterFingerprint, interpreterName, microOpSet, sharedLayout } = await import(
  new URL('instance.js', folder).href
);

const set = microOpSet();
/** @type {Record<string, string>} */
const fingerprints = {};
for (const layout of [defaultLayout, sharedLayout])
  for (const model of ['range', 'strict']) {
    const name = interpreterName(model, layout);
    const bytes = generateInterpreter({ set, layout, model });
    writeFileSync(fileURLToPath(new URL(`interpreter-${name}.wasm`, folder)), bytes);
    fingerprints[name] = interpreterFingerprint(set, layout, model);
    console.log(`interpreter-${name}.wasm: ${String(bytes.length)} bytes, ${String(set.kinds.length)} micro-ops`);
  }
writeFileSync(fileURLToPath(new URL('interpreter.json', folder)), JSON.stringify(fingerprints));

const hash = createHash('sha256');
for (const zone of ['common', 'engine', 'fp', 'guest', 'host', 'ir', 'memory']) {
  const at = new URL(`../dist/${zone}/`, import.meta.url);
  for (const name of readdirSync(at, { recursive: true }).map(String).sort())
    if (name.endsWith('.js')) hash.update(name).update(readFileSync(new URL(name, at)));
}
writeFileSync(fileURLToPath(new URL('translator-version.txt', folder)), hash.digest('hex'));
