import { describe, expect, it } from 'vitest';
import { parseBlock } from '../ir/parse.ts';
import { StateLayout } from '../ir/state.ts';
import { SeenConstants, tableTargets, type CodeMemory } from './jump-tables.ts';

const layout = new StateLayout([
  { name: 'a', type: 'i64' },
  { name: 'b', type: 'i64' },
  { name: 'c', type: 'i64' },
]);
const bounds = { pc: 0x1000, end: 0x1100 };
const TABLE = 0x8000;

function memoryWith(write: (view: DataView) => void): CodeMemory {
  const view = new DataView(new ArrayBuffer(0x10000));
  write(view);
  return { view, isReadable: (vaddr, length) => vaddr >= TABLE && vaddr + length <= 0x9000 };
}

/** Targets of a jump to what `lines` compute, after a block that had some constants. */
function targets(lines: readonly string[], memory: CodeMemory, constants: readonly number[] = []): readonly number[] {
  const seen = new SeenConstants();
  const block = (pc: number, body: readonly string[], end: string): string =>
    [
      `block 0x${pc.toString(16)} mode 0 end 0x${(pc + 4).toString(16)}`,
      `  at 0x${pc.toString(16)} length 4`,
      ...body,
      end,
    ].join('\n');
  const sets = constants.flatMap((value, index) => [
    `    v${String(index)} = i64.const 0x${value.toString(16)}`,
    `    set c, v${String(index)}`,
  ]);
  seen.add(parseBlock(block(0x1000, sets, '    jump 0x1010'), layout));
  const jump = parseBlock(block(0x1010, lines, `    indirect v${String(lines.length - 1)}`), layout);
  seen.add(jump);
  return tableTargets(jump, bounds, seen, memory);
}

/** Entries of some bytes each, then one that is no target. */
const entries = (width: 1 | 4 | 8, values: readonly number[]): CodeMemory =>
  memoryWith((view) => {
    for (const [index, value] of values.entries()) {
      if (width === 1) view.setInt8(TABLE + index, value);
      else if (width === 4) view.setInt32(TABLE + index * 4, value, true);
      else view.setBigInt64(TABLE + index * 8, BigInt(value), true);
    }
  });

describe('targets of indirect jumps', () => {
  it('are addresses in a table at a constant', () => {
    const lines = [
      '    v0 = get a',
      '    v1 = i64.const 0x8000',
      '    v2 = i64.add v0, v1',
      '    v3 = i64.load v2 offset=0',
    ];
    expect(targets(lines, entries(8, [0x1020, 0x1040, 0x1020, 0x1060, 0x2000, 0x1080]))).toEqual([
      0x1020, 0x1040, 0x1060,
    ]);
  });

  it('are distances from the table, whose address the function had before', () => {
    const lines = [
      ...['    v0 = get a', '    v1 = i64.load32_s v0 offset=0'],
      ...['    v2 = get c', '    v3 = i64.add v1, v2'],
    ];
    const memory = entries(4, [0x1020 - TABLE, 0x1030 - TABLE, 0x10fe - TABLE, 0x1100 - TABLE]);
    expect(targets(lines, memory, [0x8800, TABLE])).toEqual([0x1020, 0x1030, 0x10fe]);
    expect(targets(lines, memory, [0x8800])).toEqual([]);
  });

  it('are scaled distances from a place in the function', () => {
    const lines = [
      ...['    v0 = get a', '    v1 = i64.load8_s v0 offset=0', '    v2 = i64.const 0x2', '    v3 = i64.shl v1, v2'],
      ...['    v4 = i64.const 0x1040', '    v5 = i64.add v4, v3'],
    ];
    expect(targets(lines, entries(1, [-2, 0, 4, 100]), [TABLE])).toEqual([0x1038, 0x1040, 0x1050]);
  });

  it('end where the next table begins', () => {
    const lines = [
      '    v0 = get a',
      '    v1 = i64.const 0x8000',
      '    v2 = i64.add v0, v1',
      '    v3 = i64.load v2 offset=0',
    ];
    const memory = entries(8, [0x1020, 0x1040, 0x1060, 0x1080]);
    expect(targets(lines, memory, [TABLE + 16])).toEqual([0x1020, 0x1040]);
  });

  it('are not told by one entry, by no load, or where the table cannot be read', () => {
    const lines = [
      '    v0 = get a',
      '    v1 = i64.const 0x8000',
      '    v2 = i64.add v0, v1',
      '    v3 = i64.load v2 offset=0',
    ];
    expect(targets(lines, entries(8, [0x1020]))).toEqual([]);
    expect(targets(['    v0 = get a'], entries(8, [0x1020, 0x1040]), [TABLE])).toEqual([]);
    const nowhere = { ...entries(8, [0x1020, 0x1040]), isReadable: () => false };
    expect(targets(lines, nowhere)).toEqual([]);
  });
});
