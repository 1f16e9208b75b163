#!/usr/bin/env node
// @ts-check
/**
 * Random SSE, AVX, FMA and x87 instructions on the host's own processor and in Hospes, each from a whole random state:
 * registers, vectors, MXCSR, the x87 with its stack, memory and signals must agree. Needs an x64 Linux host with a C
 * compiler, AVX2 and FMA. `--record` writes the cases of recorded.txt anew, with what the processor says.
 *
 *   node tests/fuzz/x64-vector/main.mjs [--seed N] [--count 1000000] [--rows REGEXP] [--model strict|range]
 *                   [--tier 0|1] [--unmask] [--show 10] [--record]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createViteServer } from 'vitest/node';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    count: { type: 'string', default: '1000000' },
    rows: { type: 'string', default: '' },
    model: { type: 'string', default: 'strict' },
    tier: { type: 'string', default: '0' },
    unmask: { type: 'boolean', default: false },
    show: { type: 'string', default: '10' },
    record: { type: 'boolean', default: false },
  },
});

// From source, so that a change shows without a build.
const server = await createViteServer({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'warn',
  server: { middlewareMode: true, watch: null, ws: false },
});
try {
  if (options.record) {
    /** @type {typeof import('./recorded.ts')} */
    const { record } = /** @type {any} */ (await server.ssrLoadModule('/tests/fuzz/x64-vector/recorded.ts'));
    record(console.log);
  } else {
    console.log(`seed ${options.seed}`);
    /** @type {typeof import('./fuzz.ts')} */
    const { fuzz } = /** @type {any} */ (await server.ssrLoadModule('/tests/fuzz/x64-vector/fuzz.ts'));
    const found = fuzz(
      {
        seed: Number(options.seed),
        count: Number(options.count),
        rows: new RegExp(options.rows),
        model: options.model === 'range' ? 'range' : 'strict',
        tier: options.tier === '1' ? 1 : 0,
        unmasks: options.unmask,
        show: Number(options.show),
      },
      console.log,
    );
    process.exitCode = found === 0 ? 0 : 1;
  }
} finally {
  await server.close();
}
