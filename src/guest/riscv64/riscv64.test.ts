import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRAP, type Block } from '../../ir/block.ts';
import { FP_ENV, ROUNDING } from '../../ir/vcpu-layout.ts';
import type { CodeSource } from '../guest.ts';
import { fcsrOf, restoreFcsr, riscv64, riscv64Rows } from './index.ts';
import { frmSlot, MODE_FRM_INVALID, modeOfFrm, xSlots } from './state.ts';

const PC = 0x10000;

/** Code from parcels of 16 bits, fetchable to its end and no further. */
function codeAt(pc: number, parcels: readonly number[]): CodeSource {
  const at = (address: number): number => parcels[(address - pc) >> 1] ?? -1;
  return {
    readU16: at,
    readU8: (address) => (at(address) < 0 ? -1 : (at(address & ~1) >> (8 * (address & 1))) & 0xff),
  };
}

const parcels = (bits: number): number[] => [bits & 0xffff, bits >>> 16];
const nop = riscv64Rows.encode('c.nop', { imm: 0 });
const addi = parcels(riscv64Rows.encode('addi', { rd: 10, rs1: 10, imm: 1 }));

function lift(code: readonly number[], { pc = PC, mode = 0, max = 64 } = {}): Block {
  return riscv64.liftBlock(codeAt(pc, code), pc, mode, max);
}

const pcsOf = (block: Block): number[] =>
  block.instructions.filter(({ kind }) => kind === 'instruction').map(({ lo }) => lo);

describe('liftBlock', () => {
  it('goes on to the first control transfer and knows lengths', () => {
    const jal = parcels(riscv64Rows.encode('jal', { rd: 0, imm: 32 }));
    const block = lift([nop, ...addi, ...jal, nop]);
    expect(pcsOf(block)).toEqual([PC, PC + 2, PC + 6]);
    expect(block).toMatchObject({ pc: PC, mode: 0, endPc: PC + 10, guestInstructions: 3 });
    expect(block.terminator).toEqual({ kind: 'jump', target: PC + 38, hint: 'jump', returnPc: null });
  });

  it('stops at the given number of instructions with a jump to the next', () => {
    const block = lift([...addi, nop, nop], { max: 2 });
    expect(block).toMatchObject({ endPc: PC + 6, guestInstructions: 2 });
    expect(block.terminator).toMatchObject({ kind: 'jump', target: PC + 6 });
  });

  it('lifts one instruction at least', () => {
    expect(lift([nop, nop], { max: 0 }).guestInstructions).toBe(1);
  });

  it('ends before an instruction that cannot be fetched', () => {
    const block = lift([...addi, addi[0]!]);
    expect(block).toMatchObject({ endPc: PC + 4, guestInstructions: 1 });
    expect(block.terminator).toMatchObject({ kind: 'jump', target: PC + 4 });
  });

  it('traps where the first one cannot, with the offset of the missing part', () => {
    expect(lift([]).terminator).toEqual({ kind: 'trap', trap: TRAP.FETCH_FAULT, pc: PC, detail: 0 });
    expect(lift([addi[0]!]).terminator).toEqual({ kind: 'trap', trap: TRAP.FETCH_FAULT, pc: PC, detail: 2 });
  });

  it('gives the encoding of an illegal instruction, whatever its length', () => {
    const trap = { kind: 'trap', trap: TRAP.ILLEGAL_INSTRUCTION };
    expect(lift([nop, 0]).terminator).toEqual({ ...trap, pc: PC + 2, detail: 0 });
    expect(lift([0x007b, 0x8000]).terminator).toEqual({ ...trap, pc: PC, detail: 0x8000007b | 0 });
    // The start of an encoding of 48 bits.
    expect(lift([0x001f, 0x1234, 0x5678]).terminator).toEqual({ ...trap, pc: PC, detail: 0x1234001f });
    expect(lift([nop, 0]).endPc).toBe(PC + 4);
  });

  it('wraps targets below 0 to the top of the address space', () => {
    const jal = lift(parcels(riscv64Rows.encode('jal', { rd: 1, imm: -8 })), { pc: 4 });
    expect(jal.terminator).toMatchObject({ kind: 'indirect', hint: 'call', returnPc: 8, target: { lo: -4, hi: -1 } });
    const beq = lift(parcels(riscv64Rows.encode('beq', { rs1: 1, rs2: 2, imm: -8 })), { pc: 4 });
    expect(beq.terminator).toMatchObject({ kind: 'indirect', hint: 'jump', target: { op: { name: 'i64.select' } } });
  });

  it('makes dynamic rounding illegal under the mode of an invalid frm only', () => {
    const dynamic = parcels(riscv64Rows.encode('fadd.d', { rd: 1, rs1: 2, rs2: 3, rm: 7 }));
    const fixed = parcels(riscv64Rows.encode('fadd.d', { rd: 1, rs1: 2, rs2: 3, rm: 0 }));
    const kind = (code: number[], mode: number): string => lift(code, { mode }).terminator.kind;
    expect([kind(dynamic, 0), kind(dynamic, MODE_FRM_INVALID), kind(fixed, MODE_FRM_INVALID)]).toEqual([
      'jump',
      'trap',
      'jump',
    ]);
  });

  it('never lets an instruction that traps by itself leave anything behind', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, MODE_FRM_INVALID), (bits, mode) => {
        const { terminator, instructions } = lift(parcels((bits | 3) >>> 0), { mode, max: 1 });
        if (terminator.kind === 'trap') expect(instructions.map(({ kind }) => kind)).toEqual(['instruction']);
      }),
      { numRuns: 2000 },
    );
  });

  it('writes state only after everything that can fault', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...riscv64Rows.rows),
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 6, maxLength: 6 }),
        (row, draws) => {
          const values = row.fields.map(({ property, min, max, step, exclude }, i) => {
            const steps = Math.floor((max - min) / step) + 1;
            const value = min + (draws[i % 6]! % steps) * step;
            return [property, exclude.includes(value) ? max : value] as const;
          });
          const bits = row.encode(Object.fromEntries(values));
          const { instructions } = lift(riscv64Rows.lengthOf(row.name) === 2 ? [bits] : parcels(bits), { max: 1 });
          const kinds = instructions.map((inst) => {
            if (inst.kind === 'set') return 'write';
            const effect = inst.op?.effect;
            return inst.kind === 'trap_if' || effect === 'load' || effect === 'store' || effect === 'atomic'
              ? 'fault'
              : '';
          });
          const firstWrite = kinds.indexOf('write');
          if (firstWrite >= 0) expect(kinds.lastIndexOf('fault')).toBeLessThan(firstWrite);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('disassemble', () => {
  it('reads lengths and positions', () => {
    const source = codeAt(PC, [nop, ...parcels(riscv64Rows.encode('jal', { rd: 1, imm: -2 }))]);
    expect(riscv64.disassemble(source, PC)).toEqual({ text: 'c.nop', length: 2 });
    expect(riscv64.disassemble(source, PC + 2)).toEqual({ text: 'jal ra, 0x10000', length: 4 });
    expect(riscv64.disassemble(source, PC + 6)).toBeNull();
  });

  it.each([
    ['amoadd.w', { rd: 10, rs1: 11, rs2: 12, aq: 1, rl: 1 }, 'amoadd.w.aqrl a0, a2, (a1)'],
    ['fadd.s', { rd: 10, rs1: 11, rs2: 12, rm: 1 }, 'fadd.s fa0, fa1, fa2, rtz'],
    ['fadd.s', { rd: 10, rs1: 11, rs2: 12, rm: 7 }, 'fadd.s fa0, fa1, fa2'],
    ['fadd.s', { rd: 10, rs1: 11, rs2: 12, rm: 5 }, '.insn 4, 0x00c5d553'],
    ['fence', { fm: 0, pred: 15, succ: 0, rs1: 0, rd: 0 }, 'fence iorw, 0'],
    ['csrrs', { rd: 10, rs1: 0, csr: 0xc00 }, 'csrrs a0, cycle, zero'],
    ['csrrs', { rd: 10, rs1: 0, csr: 0x7ff }, 'csrrs a0, 0x7ff, zero'],
    ['lui', { rd: 10, imm: -4096 }, 'lui a0, 0xfffff'],
    ['bne', { rs1: 10, rs2: 0, imm: -4 }, 'bne a0, zero, 0xfffc'],
  ] as const)('prints %s %o', (name, values, text) => {
    expect(riscv64.disassemble(codeAt(PC, parcels(riscv64Rows.encode(name, values))), PC)?.text).toBe(text);
  });
});

describe('state', () => {
  it('has a slot for every register but x0', () => {
    expect(riscv64.state.slots.filter(({ name }) => name.startsWith('x'))).toHaveLength(31);
    expect(riscv64.state.slots.filter(({ type }) => type === 'f64')).toHaveLength(32);
    expect(xSlots.slice(1).map(({ name }) => name)).toEqual(Array.from({ length: 31 }, (_, i) => `x${String(i + 1)}`));
  });

  it('takes fcsr apart and puts it together', () => {
    for (let fcsr = 0; fcsr < 256; fcsr++) {
      const kept = FP_ENV.FLUSH_INPUTS;
      const { fpEnv, frm } = restoreFcsr(kept | 0x1f | FP_ENV.ROUNDING_MASK, fcsr);
      expect(fcsrOf(fpEnv, frm)).toBe(fcsr);
      expect(fpEnv & FP_ENV.FLUSH_INPUTS).toBe(kept);
      const rounding = (fpEnv & FP_ENV.ROUNDING_MASK) >> FP_ENV.ROUNDING_SHIFT;
      expect(rounding).toBe(frm <= ROUNDING.NEAREST_AWAY ? frm : ROUNDING.NEAREST_EVEN);
    }
  });

  it('derives the mode from frm', () => {
    expect([0, 4, 5, 6, 7].map(modeOfFrm)).toEqual([0, 0, 1, 1, 1]);
    const read = (frm: bigint) => riscv64.currentMode((slot) => (slot === frmSlot ? frm : 0n), 0);
    expect([read(3n), read(6n)]).toEqual([0, MODE_FRM_INVALID]);
  });
});

describe('riscv64Rows', () => {
  it('encodes rows of both lengths', () => {
    expect(riscv64Rows.encode('add', { rd: 10, rs1: 11, rs2: 12 })).toBe(0x00c58533);
    expect(riscv64Rows.lengthOf('add')).toBe(4);
    expect(riscv64Rows.encode('c.add', { rd: 10, rs2: 12 })).toBe(0x9532);
    expect(riscv64Rows.lengthOf('c.add')).toBe(2);
  });

  it('has distinct names', () => {
    expect(new Set(riscv64Rows.rows.map(({ name }) => name)).size).toBe(riscv64Rows.rows.length);
  });
});
