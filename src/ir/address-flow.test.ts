import { describe, expect, it } from 'vitest';
import { AddressTracker, analyzeAddresses, needsCheck } from './address-flow.ts';
import type { Block } from './block.ts';
import { BlockBuilder } from './builder.ts';
import { formRegion } from './region.ts';
import { StateLayout, type Slot } from './state.ts';

const layout = new StateLayout([
  { name: 'p', type: 'i64' },
  { name: 'n', type: 'i64' },
  { name: 'x', type: 'i64' },
]);
const [P, N, X] = ['p', 'n', 'x'].map((name) => layout.slot(name)) as [Slot, Slot, Slot];
const limits = { base: 0x10000, limit: 0x8000_0000 };

function block(pc: number, build: (b: BlockBuilder) => void): Block {
  const builder = new BlockBuilder(layout, pc, 0);
  builder.instruction(pc, 4);
  build(builder);
  return builder.finish();
}

/** The verdicts of a tracker on the accesses of a block: true where no check is needed. */
function verdicts(given: Block, tracker: AddressTracker): boolean[] {
  const found: boolean[] = [];
  for (const inst of given.instructions) {
    if (inst.kind === 'get' || inst.kind === 'set') tracker.slot(inst);
    else if (inst.op?.width !== undefined) found.push(tracker.access(inst.a!, inst.lo));
  }
  return found;
}

describe('AddressTracker', () => {
  const twice = block(0x1000, (b) => {
    const p = b.get(P);
    b.set(X, b.opImm('i64.load', 0, p));
    b.set(N, b.opImm('i64.load', 40_000, p));
    b.set(X, b.opImm('i64.load', -40_000, b.op('i64.add', p, b.i64(8))));
    b.set(X, b.opImm('i64.load', 70_000, p));
    b.jump(0x2000);
  });

  it('checks a base once and trusts it within the margins', () => {
    expect(verdicts(twice, new AddressTracker(new Map(), { ...limits, successProves: true }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('forgets a slot that is overwritten, and keeps one that moves by a constant', () => {
    const moved = block(0x1000, (b) => {
      const p = b.get(P);
      b.set(X, b.opImm('i64.load', 0, p));
      b.set(P, b.op('i64.add', p, b.i64(16)));
      b.set(X, b.get(N));
      b.jump(0x2000);
    });
    const tracker = new AddressTracker(new Map([[X.offset, { lo: 0, hi: 0 }]]), { ...limits, successProves: true });
    verdicts(moved, tracker);
    expect([...tracker.exit()]).toEqual([[P.offset, { lo: 16, hi: 16 }]]);
  });

  it('takes constants in range as they are', () => {
    const constant = block(0x1000, (b) => {
      b.set(X, b.opImm('i64.load', 0, b.i64(0x20000)));
      b.set(X, b.opImm('i64.load', 0, b.i64(8)));
      b.set(X, b.opImm('i64.load', 0, b.i64(0x9000_0000)));
      b.set(X, b.opImm('i64.load', 0, b.i64(-8)));
      b.jump(0x2000);
    });
    const tracker = new AddressTracker(new Map(), { ...limits, successProves: true });
    expect(verdicts(constant, tracker)).toEqual([true, false, false, false]);
  });
});

describe('analyzeAddresses', () => {
  // do x = *p; p += 8; while (--n)
  const loop = block(0x1000, (b) => {
    const p = b.get(P);
    b.set(X, b.opImm('i64.load', 0, p));
    b.set(P, b.op('i64.add', p, b.i64(8)));
    const n = b.op('i64.sub', b.get(N), b.i64(1));
    b.set(N, n);
    b.branch(b.op('i64.ne', n, b.i64(0)), 0x1000, 0x2000);
  });
  const region = formRegion([loop], () => [], []);
  const analyze = (successProves: boolean) =>
    analyzeAddresses(region, [0], (from, to) => to <= from, { ...limits, successProves, hoists: true });

  it('moves the check of a pointer that walks out of the loop, where a successful access proves the next', () => {
    const flow = analyze(true);
    const hoisted = flow.hoisted.get(0)!;
    expect(hoisted).toEqual([{ slot: P.offset, displacement: 0, pc: 0x1000, access: 'read' }]);
    expect(needsCheck(new Map(), hoisted[0]!)).toBe(true);
    expect(verdicts(loop, new AddressTracker(flow.entry[0]!, { ...limits, successProves: true }))).toEqual([true]);
  });

  it('checks in every round where it proves nothing', () => {
    const flow = analyze(false);
    expect(verdicts(loop, new AddressTracker(flow.entry[0]!, { ...limits, successProves: false }))).toEqual([false]);
  });
});
