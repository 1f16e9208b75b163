import { describe, expect, it } from 'vitest';
import type { Block } from './block.ts';
import { BlockBuilder } from './builder.ts';
import { formRegion } from './region.ts';
import { analyzeSlots, crossings, type SlotSet } from './slot-flow.ts';
import { StateLayout } from './state.ts';

const layout = new StateLayout(['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'i64' })));
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((name) => layout.slot(name)) as [never, never, never, never];

function block(pc: number, build: (b: BlockBuilder) => void): Block {
  const builder = new BlockBuilder(layout, pc, 0);
  builder.instruction(pc, 4);
  build(builder);
  return builder.finish();
}

const none: ReadonlySet<number> = new Set();

const names = (set: SlotSet | undefined): string =>
  layout.slots.flatMap(({ name }, index) => (((set ?? 0n) >> BigInt(index)) & 1n ? [name] : [])).join('');

/**
 * a = 1; d = 2; for (;;) { b = a; <call or not>; if (b == 0) break; } c = b;
 */
function flowOfLoop(calls: boolean) {
  const blocks = [
    block(0, (b) => {
      b.set(A, b.i64(1));
      b.set(D, b.i64(2));
      b.jump(4);
    }),
    block(4, (b) => {
      b.set(B, b.get(A));
      if (calls) b.jump(100, 'call', 8);
      else b.jump(8);
    }),
    block(8, (b) => b.branch(b.op('i64.eqz', b.get(B)), 12, 4)),
    block(12, (b) => {
      b.set(C, b.get(B));
      b.syscall(16);
    }),
  ];
  return analyzeSlots(
    formRegion(blocks, () => [], []),
    { isSideExit: () => false },
    [{ header: 1, nodes: [1, 2] }],
    none,
  );
}

describe('analyzeSlots', () => {
  it('keeps what is dirty in locals around a loop that calls nothing', () => {
    const flow = flowOfLoop(false);
    expect(names(flow.dirtyIn[1])).toBe('abd');
    expect(names(flow.storedOn(0, 1))).toBe('');
    expect(names(flow.loadedIn[2])).toBe('abd');
    expect(names(flow.dirtyEnd[3])).toBe('abcd');
  });

  it('stores what is dirty before a loop with calls, where nothing is after each call', () => {
    const flow = flowOfLoop(true);
    expect(names(flow.dirtyIn[1])).toBe('');
    expect(names(flow.storedOn(0, 1))).toBe('ad');
    expect(names(flow.dirtyEnd[1])).toBe('b');
    expect(names(flow.dirtyEnd[3])).toBe('c');
  });

  it('loads after a call only what is wanted next, where it is read', () => {
    const flow = flowOfLoop(true);
    expect(names(flow.liveIn[2])).toBe('ab');
    expect(names(flow.loadedIn[2])).toBe('');
    expect(names(flow.loadedEnd[2])).toBe('b');
    expect(names(flow.loadedIn[3])).toBe('b');
  });

  it('has what is stored before an access no longer dirty, and in a local until then', () => {
    const blocks = [
      block(0, (b) => {
        b.set(A, b.i64(1));
        b.jump(4);
      }),
      block(4, (b) => {
        b.set(B, b.i64(2));
        b.set(C, b.opImm('i64.load', 0, b.get(D)));
        b.branch(b.op('i64.eqz', b.get(C)), 8, 4);
      }),
      block(8, (b) => b.syscall(12)),
    ];
    const region = formRegion(blocks, () => [], []);
    const loops = [{ header: 1, nodes: [1] }];
    const isSideExit = (): boolean => false;
    const flow = analyzeSlots(
      region,
      { isSideExit, storesAllBefore: ({ op }) => op?.width !== undefined },
      loops,
      none,
    );
    expect([names(flow.dirtyIn[1]), names(flow.dirtyEnd[1]), names(flow.dirtyIn[2])]).toEqual(['ac', 'c', 'c']);
    expect(names(flow.liveIn[1])).toBe('acd');
    expect(names(analyzeSlots(region, { isSideExit }, loops, none).dirtyIn[2])).toBe('abc');
  });

  it('loads before a loop without calls what is read in it', () => {
    const blocks = [
      block(0, (b) => b.jump(4)),
      block(4, (b) => {
        b.set(B, b.op('i64.add', b.get(B), b.get(A)));
        b.branch(b.op('i64.eqz', b.get(B)), 8, 4);
      }),
      block(8, (b) => b.syscall(12)),
    ];
    const region = formRegion(blocks, () => [], []);
    const flow = analyzeSlots(region, { isSideExit: () => false }, [{ header: 1, nodes: [1] }], none);
    expect(names(flow.loadedIn[0])).toBe('');
    expect(names(flow.loadedIn[1])).toBe('ab');
  });
});

/** a = 1; if (d == 0) { b = 2; c = 3; } else b = 4; b = b + a; and that again and again, or not. */
function flowOfJoin(loops: boolean, entries: readonly number[] = []) {
  const blocks = [
    block(0, (b) => {
      b.set(A, b.i64(1));
      b.branch(b.op('i64.eqz', b.get(D)), 4, 8);
    }),
    block(4, (b) => {
      b.set(B, b.i64(2));
      b.set(C, b.i64(3));
      b.jump(12);
    }),
    block(8, (b) => {
      b.set(B, b.i64(4));
      b.jump(12);
    }),
    block(12, (b) => {
      b.set(B, b.op('i64.add', b.get(B), b.get(A)));
      if (loops) b.jump(0);
      else b.syscall(16);
    }),
  ];
  const region = formRegion(blocks, () => [], entries);
  const node = new Map(region.nodes.map(({ block: { pc } }, index) => [pc, index]));
  const at = (pc: number): number => node.get(pc)!;
  const all = loops ? [{ header: at(0), nodes: [...node.values()] }] : [];
  return { at, flow: analyzeSlots(region, { isSideExit: () => false }, all, none) };
}

describe('where ways meet', () => {
  it('has only that dirty which all have written, and stores the rest on the ways that have', () => {
    const { at, flow } = flowOfJoin(false);
    expect(names(flow.dirtyIn[at(12)])).toBe('ab');
    expect(names(flow.storedOn(at(4), at(12)))).toBe('c');
    expect(names(flow.storedOn(at(8), at(12)))).toBe('');
    expect(names(flow.loadedIn[at(12)]! & flow.liveIn[at(12)]!)).toBe('ab');
  });

  it('has nothing dirty where the region can be entered', () => {
    const { at, flow } = flowOfJoin(false, [12]);
    expect(names(flow.dirtyIn[at(12)])).toBe('');
    expect(names(flow.storedOn(at(4), at(12)))).toBe('abc');
  });

  it('stores nothing in a loop that calls nothing', () => {
    const { at, flow } = flowOfJoin(true);
    expect(names(flow.dirtyIn[at(12)])).toBe('abc');
    expect(names(flow.storedOn(at(4), at(12)))).toBe('');
  });
});

/** An interpreter: a jump to one of four cases, each of which ends in such a jump; the first calls something, or not. */
function flowOfInterpreter(calls: boolean) {
  const cases = [16, 24, 32, 40];
  const jump = (b: BlockBuilder): void => b.indirect(b.get(D), 'jump');
  const blocks = [
    block(0, (b) => {
      b.set(A, b.i64(1));
      jump(b);
    }),
    block(16, (b) => {
      b.set(B, b.get(A));
      if (calls) b.jump(100, 'call', 20);
      else b.jump(20);
    }),
    block(20, jump),
    ...cases.slice(1).map((pc) =>
      block(pc, (b) => {
        b.set(C, b.get(B));
        jump(b);
      }),
    ),
  ];
  const region = formRegion(blocks, () => cases, []);
  const hub = region.nodes.findIndex(({ flow }) => flow.kind === 'hub');
  const loop = { header: hub, nodes: region.nodes.map((_, node) => node).slice(1) };
  return {
    hub,
    loop,
    region,
    flow: analyzeSlots(region, { isSideExit: () => false }, [loop], crossings(region, [loop], [])),
  };
}

describe('an interpreter', () => {
  it('keeps slots in locals from case to case where no case calls anything', () => {
    const { hub, region, loop, flow } = flowOfInterpreter(false);
    expect(crossings(region, [loop], [])).toEqual(new Set());
    expect(names(flow.dirtyIn[hub])).toBe('abc');
    expect(names(flow.storedOn(0, hub))).toBe('');
  });

  it('keeps them in a loop that calls nothing, whatever the loop around it calls', () => {
    const { hub, region, loop } = flowOfInterpreter(true);
    const isInner = ({ block }: (typeof region.nodes)[number]): boolean => block.pc !== 16;
    const inner = { header: hub, nodes: loop.nodes.filter((node) => isInner(region.nodes[node]!)) };
    expect(crossings(region, [inner, loop], [])).toEqual(new Set());
    expect(crossings(region, [loop, inner], [])).toEqual(new Set());
  });

  it('has all slots in the vCPU block between cases where one does', () => {
    const { hub, region, loop, flow } = flowOfInterpreter(true);
    expect(crossings(region, [loop], [])).toEqual(new Set([hub]));
    expect(names(flow.dirtyIn[hub])).toBe('');
    expect(names((flow.loadedIn[hub] ?? 0n) & (flow.liveIn[hub] ?? 0n))).toBe('');
    expect(names(flow.storedOn(0, hub))).toBe('a');
    expect(names(flow.storedOn(3, hub))).toBe('c');
  });
});
