/**
 * Random sequences in compiled regions, in each memory model, beside the interpreter, which fuzz:x64 compares with the
 * processor: what is left at the end, and of some (HOSPES_FULL_SIZE=1: all) every slot at every exit.
 */
import { describe, expect, it } from 'vitest';
import { Lockstep } from '../../../src/engine/testing/lockstep.ts';
import { Vcpu } from '../../../src/engine/vcpu.ts';
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
const FOLLOWED = process.env['HOSPES_FULL_SIZE'] === '1' ? SEQUENCES : 25;

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

  it.skipIf(model === 'host' && protection === null)(
    `as in tier 0 at each exit (host: ${reason ?? 'available'})`,
    () => {
      const next = generator(20261128);
      const rows = rowsMatching(/./);
      const lockstep = new Lockstep();
      const interpreted = new Machine('strict', 0);
      const compiled = new Machine(model, 1, {
        ...{ isPrecise, pageProtection: () => protection },
        makeVcpu: (options) => lockstep.record(new Vcpu(options)),
      });
      const follower = new Machine('strict', 0, { isPrecise, makeVcpu: (options) => lockstep.follower(options) });
      for (let count = 0; count < FOLLOWED; count++) {
        const memory = randomMemory(next);
        const { code } = randomSequence(rows, LENGTH, next);
        const start = randomState(next, memory);
        const { trap } = interpreted.run(code, start);
        if (trap === 'fault' && !isPrecise) continue;
        compiled.run(code, start);
        follower.run(code, start);
      }
      expect(lockstep.isDone).toBe(true);
      expect(lockstep.comparedMemory).toBeGreaterThan(FOLLOWED / 5);
      expect(compiled.retired.compiled).toBeGreaterThan(compiled.retired.all * 0.4);
    },
  );
});
