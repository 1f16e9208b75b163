import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExecutedElsewhere } from './executed-elsewhere.ts';

it('tells each reader what it was not told yet, without what is not known any more', () => {
  const pc = fc.nat(9);
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('add' as const, 'delete' as const), pc }),
    fc.record({ kind: fc.constant('read' as const), pc: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const executed = new ExecutedElsewhere();
      const known = new Set<number>();
      const told = new Set<number>();
      let seen = 0;
      for (const { kind, pc: at } of steps) {
        if (kind === 'add') {
          executed.add(at);
          known.add(at);
        } else if (kind === 'delete') {
          executed.delete(at);
          known.delete(at);
        } else {
          const news = executed.since(seen);
          seen = executed.count;
          for (const one of news) expect(known.has(one)).toBe(true);
          for (const one of news) told.add(one);
          for (const one of known) expect(told.has(one)).toBe(true);
        }
        expect(executed.has(at)).toBe(known.has(at));
      }
    }),
  );
});
