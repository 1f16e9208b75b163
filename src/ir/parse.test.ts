import { describe, expect, it } from 'vitest';
import { Inst, type Block } from './block.ts';
import { parseBlock } from './parse.ts';
import { printBlock } from './print.ts';
import { StateLayout } from './state.ts';

const layout = new StateLayout([
  { name: 'x1', type: 'i64' },
  { name: 'f1', type: 'f32' },
  { name: 'd1', type: 'f64' },
]);

/** A block with `body` between its header and, unless that has its own, a terminator. */
function text(...body: readonly string[]): string {
  return ['block 0x1000 mode 3 end 0x1008', '  at 0x1000 length 4', ...body.map((line) => `    ${line}`), ''].join(
    '\n',
  );
}

function roundTrip(...body: readonly string[]): string {
  return printBlock(parseBlock(text(...body), layout));
}

describe('the textual form', () => {
  const terminators = [
    'jump 0x2000',
    'jump 0x2000 call returns 0x1004',
    'jump 0x2000 return',
    'syscall 0x1004',
    'trap misaligned_access at 0x1000 detail 0xffffffff',
    'trap fetch_fault at 0x1000 detail 0x0',
    'resync 0x1004',
    'resync 0x1004 flush',
    'jump 0x1fffffffffffff',
  ];
  it.each(terminators)('keeps the terminator %s', (line) => {
    expect(roundTrip(line)).toBe(text(line));
  });

  it('keeps constants of every type, short integers in decimal', () => {
    const body = [
      'v0 = i32.const -1',
      'v1 = i32.const 0x80000000',
      'v2 = i64.const 65535',
      'v3 = i64.const 0x8000000000000000',
      'v4 = f32.const 0x7fa00001',
      'v5 = f64.const 0xfff0000000000001',
      'v6 = v128.const 0xffeeddccbbaa99887766554433221100',
      'v7 = i64.const -32768',
      'v8 = i64.const 0xffffffffffff7fff',
      'jump 0x1004',
    ];
    expect(roundTrip(...body)).toBe(text(...body));
  });

  it('keeps immediates of every kind', () => {
    const lanes = Array.from({ length: 16 }, (_, i) => 31 - i);
    const body = [
      'v0 = get x1',
      'v1 = i64.load v0 offset=-2147483648',
      'i64.store v0, v1',
      'v2 = i64x2.splat v1',
      'v3 = i64x2.replace_lane v2, v1 lane=1',
      `v4 = i8x16.shuffle v2, v3 lanes=${lanes.join()}`,
      'v5 = get d1',
      'v6 = fp.f64.sqrt_rm v5 index=4',
      'set d1, v6',
      'v7 = i64.eqz v1',
      'trap_if v7, floating_point',
      'atomic.fence',
      'branch v7, 0x2000, 0x1004',
    ];
    expect(roundTrip(...body)).toBe(text(...body));
  });

  it('ignores comments and empty lines, and renumbers values', () => {
    const source = text('; a comment', '', 'v7 = get x1 ; the base', 'indirect v7 return');
    const block = parseBlock(source, layout);
    expect(printBlock(block)).toBe(text('v0 = get x1', 'indirect v0 return'));
    expect(block.guestInstructions).toBe(1);
    expect(block.mode).toBe(3);
    expect(block.instructions.at(-1)?.uses).toBe(1);
  });

  it.each([
    ['block 0x1000', "line 1: expected 'mode', found 'end of line'"],
    ['block', 'line 1: the line ends too early'],
    ['', "line 1: expected 'block', found 'end of line'"],
    [text('v0 = get x9', 'jump 0x0'), 'line 3: x9 is no slot'],
    [text('v0 = i64.frob', 'jump 0x0'), 'line 3: i64.frob is no operation'],
    [text('frob'), 'line 3: frob is no operation'],
    [text('v0 = get x1', 'v0 = get x1'), 'line 4: v0 is defined twice'],
    [text('q = get x1'), 'line 3: q is no value name'],
    [text('set x1, v4'), 'line 3: v4 is not defined'],
    [text('set x1 v4'), "line 3: expected ',', found 'v4'"],
    [text('get x1'), 'line 3: the value of get needs a name'],
    [text('v0 = atomic.fence'), 'line 3: atomic.fence gives no value'],
    [text('v0 = jump 0x1'), 'line 3: jump is no operation'],
    [text('v0 = i32.const x'), 'line 3: x is no number'],
    [text('v0 = i32.const 1', 'trap_if v0, frob'), 'line 4: frob is no trap'],
    [text('jump 0x1 0x2'), "line 3: '0x2' is too much"],
    [text('jump 0x1', 'jump 0x1'), 'line 4: nothing may follow a terminator'],
    [text('v0 = get x1'), 'line 3: a block needs a terminator'],
    [text('v0 = get x1', 'v1 = i64x2.splat v0', 'v2 = i64x2.extract_lane v1'), "line 5: expected 'lane', found"],
  ] as const)('refuses mistake %#', (source, message) => {
    expect(() => parseBlock(source, layout)).toThrow(SyntaxError);
    expect(() => parseBlock(source, layout)).toThrow(message);
  });

  it('shows even what the verifier refuses', () => {
    const stray = new Inst('const', null, 'i64', null, null, null, 1, 0);
    const instructions = [
      new Inst('set', null, null, stray, null, null, 4, 0),
      new Inst('trap_if', null, null, null, null, null, 99, 0),
    ];
    const terminator = { kind: 'jump', target: 0, hint: 'jump', returnPc: null } as const;
    const block: Block = { pc: 0, mode: 0, endPc: 0, layout, instructions, terminator, guestInstructions: 0 };
    expect(printBlock(block)).toContain('set <slot at 4>, <undefined>');
    expect(printBlock(block)).toContain('trap_if <undefined>, <trap 99>');
  });
});
