/**
 * Random sequences in compiled regions, in each memory model, beside the interpreter, which fuzz:x64 compares with the
 * processor.
 */
import { describe, expect, it } from 'vitest';
import { nodePageProtection } from '../../../src/platform/node/page-protection.ts';
import { Machine } from '../../guest-asm/x64/machine.ts';
import { generator, randomMemory, randomSequence, randomState, rowsMatching } from './generator.ts';

const { protection, reason } = nodePageProtection();
const settings = [
  { model: 'strict', isPrecise: true },
  { model: 'strict', isPrecise: false },
  { model: 'range', isPrecise: false },
  { model: 'host', isPrecise: false },
  { model: 'host', isPrecise: true },
] as const;
const SEQUENCES = 600;
const LENGTH = 8;

describe.each(settings)(`random x64 instructions, $model, precise: $isPrecise`, ({ model, isPrecise }) => {
  it.skipIf(model === 'host' && protection === null)(`as in tier 0 (host: ${reason ?? 'available'})`, () => {
    const next = generator(20261126);
    const rows = rowsMatching(/./);
    const interpreted = new Machine('strict', 0);
    const compiled = new Machine(model, 1, { isPrecise, pageProtection: () => protection });
    let compared = 0;
    for (let count = 0; count < SEQUENCES; count++) {
      const memory = randomMemory(next);
      const { code } = randomSequence(rows, LENGTH, next);
      const start = randomState(next, memory);
      const expected = interpreted.run(code, start);
      // Where the guest does not handle it, a fault loses the state, and `range` may let it through.
      if (expected.trap === 'fault' && !isPrecise) continue;
      compared++;
      expect({ code, ...compiled.run(code, start) }).toEqual({ code, ...expected });
    }
    expect(compared).toBeGreaterThan(SEQUENCES / 5);
    // The comparison says nothing about a tier that did not run.
    expect(compiled.retired.compiled).toBeGreaterThan(compiled.retired.all * 0.4);
  });
});
