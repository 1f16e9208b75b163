#!/usr/bin/env node
// @ts-check
/**
 * Random x64 instructions on the host's own processor and in Hospes: registers, memory, traps and all defined flags must
 * agree after each sequence. Needs an x64 Linux host with a C compiler.
 *
 *   npm run fuzz:x64 -- [--seed N] [--count 1000000] [--length 4] [--rows REGEXP] [--model strict|range]
 *                   [--tier 0|1] [--show 10]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createViteServer } from 'vitest/node';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    count: { type: 'string', default: '1000000' },
    length: { type: 'string', default: '4' },
    rows: { type: 'string', default: '' },
    model: { type: 'string', default: 'strict' },
    tier: { type: 'string', default: '0' },
    show: { type: 'string', default: '10' },
  },
});

console.log(`seed ${options.seed}`);
// From source, so that a change shows without a build.
const server = await createViteServer({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'warn',
  server: { middlewareMode: true, watch: null, ws: false },
});
try {
  /** @type {typeof import('./fuzz.ts')} */
  const { fuzz } = /** @type {any} */ (await server.ssrLoadModule('/tests/fuzz/x64/fuzz.ts'));
  const found = fuzz(
    {
      seed: Number(options.seed),
      count: Number(options.count),
      length: Number(options.length),
      rows: new RegExp(options.rows),
      model: options.model === 'range' ? 'range' : 'strict',
      tier: options.tier === '1' ? 1 : 0,
      show: Number(options.show),
    },
    console.log,
  );
  process.exitCode = found === 0 ? 0 : 1;
} finally {
  await server.close();
}
