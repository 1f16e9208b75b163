// @ts-check
/** Writes the interpreter modules for the default memory layout beside their loader in `dist/`. Run by the build. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../dist/host/interpreter/', import.meta.url);
const { generateInterpreter } = await import(new URL('generate.js', folder).href);
const { defaultLayout, interpreterFingerprint, microOpSet } = await import(new URL('instance.js', folder).href);

const set = microOpSet();
/** @type {Record<string, string>} */
const fingerprints = {};
for (const model of ['range', 'strict']) {
  const bytes = generateInterpreter({ set, layout: defaultLayout, model });
  writeFileSync(fileURLToPath(new URL(`interpreter-${model}.wasm`, folder)), bytes);
  fingerprints[model] = interpreterFingerprint(set, defaultLayout, model);
  console.log(`interpreter-${model}.wasm: ${String(bytes.length)} bytes, ${String(set.kinds.length)} micro-ops`);
}
writeFileSync(fileURLToPath(new URL('interpreter.json', folder)), JSON.stringify(fingerprints));
