import { describe, expect, it } from 'vitest';
import { MICRO_OP_SIZE, MicroOpSet } from '../host/interpreter/micro-ops.ts';
import { StateLayout } from '../ir/state.ts';
import { TEMPORARIES } from '../ir/vcpu-layout.ts';
import { microOpText } from './micro-op-text.ts';

const layout = new StateLayout([
  { name: 'r1', type: 'i64' },
  { name: 'r2', type: 'i64' },
  { name: 'r3', type: 'i64' },
]);
const [r1, r2, r3] = ['r1', 'r2', 'r3'].map((name) => layout.slot(name).offset) as [number, number, number];
const set = new MicroOpSet([['i64.add(r,r)', 'i64.sub(r,r)']]);
const BASE = 4096;

interface Fields {
  readonly dst?: number;
  readonly a?: number;
  readonly b?: number;
  readonly lo?: number;
  readonly hi?: number;
}

function text(code: number | string, { dst = 0, a = 0, b = 0, lo = 0, hi = 0 }: Fields): string {
  const number = typeof code === 'number' ? code : set.kind(code).code;
  return microOpText(set, layout, Int32Array.of(0, 0, number | (dst << 16), a | (b << 16), lo, hi), 2, BASE);
}

describe('microOpText', () => {
  it.each<[string, Fields, string]>([
    ['i64.add(r,r)', { dst: r1, a: r2, b: r3 }, 'r1 = i64.add(r2, r3)'],
    ['i64.add(r,i)', { dst: r1, a: r2, lo: -3, hi: -1 }, 'r1 = i64.add(r2, -3)'],
    ['i64.add(r,i)', { dst: r1, a: r2, lo: 0, hi: 1 }, 'r1 = i64.add(r2, 0x100000000)'],
    ['i64.and(r,#255)', { dst: r1, a: r2 }, 'r1 = i64.and(r2, 255)'],
    ['i64.load(r)', { dst: r1, a: r2, hi: 16 }, 'r1 = i64.load(r2) at 16'],
    ['i64.store(r,r)', { a: r2, b: TEMPORARIES }, 'i64.store(r2, 0)'],
    ['i64.select(r,r,r)', { dst: r1, a: r2, b: r3, lo: 6200 }, 'r1 = i64.select(r2, r3, [6200])'],
    ['i8x16.extract_lane_u(r)[3]', { dst: r1, a: 6208 }, 'r1 = i8x16.extract_lane_u([6208]) lane 3'],
    ['branch(i64.eq(r,r))', { a: r1, b: r2, lo: BASE + 16, hi: BASE + 32 }, 'branch i64.eq(r1, r2) #1 else #2'],
    ['indirect(r)', { a: r1 }, 'indirect r1'],
    ['trap_if(r)', { a: r1, lo: 3 }, 'trap_if r1 3'],
    ['copy8', { dst: r1, a: r2 }, 'r1 = copy8 r2'],
    ['const4', { dst: r1, lo: -1 }, 'r1 = const4 -1'],
    ['const8', { dst: r1, lo: 1, hi: 2 }, 'r1 = const8 0x200000001'],
    ['jump', { lo: BASE + 3 * MICRO_OP_SIZE }, 'jump #3'],
    ['link', { lo: -4096 }, 'link 0xfffff000'],
    ['syscall', { lo: 0x10004 }, 'syscall 0x10004'],
    ['trap', { lo: 1, hi: -1 }, 'trap 1 detail 0xffffffff'],
    ['resync', { lo: 0x10004, hi: 1 }, 'resync 0x10004'],
  ])('%s', (kind, fields, expected) => {
    expect(text(kind, fields)).toBe(expected);
  });

  it('says where a fused sequence starts', () => {
    expect(text(set.hotCount, { dst: r1, a: r2, b: r3 })).toBe('r1 = i64.add(r2, r3)   (fused with the next 1)');
  });
});
