/** Zicsr with the registers that user code sees: fflags, frm, fcsr and the counters (Zicntr). */
import type { Value } from '../../../ir/builder.ts';
import { FP_ENV } from '../../../ir/vcpu-layout.ts';
import type { Lifters } from '../../pattern/notation.ts';
import type { zicsrRows } from '../rows/i.ts';
import { CSR } from '../csr.ts';
import { FFLAGS_MASK, frmSlot, LAST_ROUNDING_MODE } from '../state.ts';
import type { LiftContext } from './context.ts';

/** The time register counts ten million a second. */
const NANOSECONDS_PER_TICK = 100;

type Change = 'write' | 'set' | 'clear';

const i32And = (c: LiftContext, a: Value, mask: number): Value => c.op('i32.and', a, c.builder.i32(mask));

/** A counter as a value, or null for a register that is none. One instruction counts as one cycle. */
function readCounter(c: LiftContext, csr: number): Value | null {
  switch (csr) {
    case CSR.cycle:
    case CSR.instret:
      return c.op('input.instructions');
    case CSR.time:
      return c.op('i64.div_u_or', c.op('input.time'), c.i64(NANOSECONDS_PER_TICK), c.i64(0));
    default:
      return null;
  }
}

/** Part of fcsr as a CSR of its own: the position of fflags (0) and frm (5), which is absent where null. */
interface FloatCsr {
  readonly flags: boolean;
  /** Bit position of frm within the register, or null. */
  readonly frm: number | null;
}

const floatCsrs: Readonly<Record<number, FloatCsr>> = {
  [CSR.fflags]: { flags: true, frm: null },
  [CSR.frm]: { flags: false, frm: 0 },
  [CSR.fcsr]: { flags: true, frm: 5 },
};

function readFloatCsr(c: LiftContext, { flags, frm }: FloatCsr): Value {
  const low = flags ? i32And(c, c.op('fp.env.get'), FFLAGS_MASK) : null;
  if (frm === null && low !== null) return low;
  const mode = c.builder.get(frmSlot);
  return low === null ? mode : c.op('i32.or', low, c.op('i32.shl', mode, c.builder.i32(frm ?? 0)));
}

/**
 * frm takes any of its eight values (it is not WARL). The environment word holds rounding modes only, so an unusable
 * value leaves it at round to nearest; nothing rounds by it while the mode bit makes such instructions illegal.
 */
function writeFloatCsr(c: LiftContext, { flags, frm }: FloatCsr, value: Value): void {
  const replaced = (flags ? FFLAGS_MASK : 0) | (frm === null ? 0 : FP_ENV.ROUNDING_MASK);
  let word = i32And(c, c.op('fp.env.get'), ~replaced);
  if (flags) word = c.op('i32.or', word, i32And(c, value, FFLAGS_MASK));
  if (frm !== null) {
    const mode = i32And(c, frm === 0 ? value : c.op('i32.shr_u', value, c.builder.i32(frm)), 7);
    const usable = c.op('i32.le_u', mode, c.builder.i32(LAST_ROUNDING_MODE));
    const rounding = c.op('i32.select', mode, c.builder.i32(0), usable);
    word = c.op('i32.or', word, c.op('i32.shl', rounding, c.builder.i32(FP_ENV.ROUNDING_SHIFT)));
    c.builder.set(frmSlot, mode);
  }
  c.op('fp.env.set', word);
}

/** What the register becomes. `old` is null only where `change` does not need it. */
function changed(c: LiftContext, change: Change, old: Value | null, operand: Value): Value {
  if (change === 'write' || old === null) return operand;
  if (change === 'set') return c.op('i32.or', old, operand);
  return c.op('i32.and', old, c.op('i32.xor', operand, c.builder.i32(-1)));
}

/**
 * One access. `operand` is null where the instruction does not write (csrrs and csrrc from x0 or with 0, section
 * 6.1). The frm field decides what is legal, so the block ends after a write to it.
 */
function access(c: LiftContext, rd: number, csr: number, change: Change, operand: (() => Value) | null): void {
  const register = floatCsrs[csr];
  if (register === undefined) {
    const value = operand === null ? readCounter(c, csr) : null;
    if (value === null) c.illegal();
    else c.setX(rd, value);
    return;
  }
  const old = rd !== 0 || change !== 'write' ? readFloatCsr(c, register) : null;
  if (operand !== null) writeFloatCsr(c, register, changed(c, change, old, operand()));
  if (rd !== 0 && old !== null) c.setX(rd, c.op('i64.extend_i32_u', old));
  if (operand !== null && register.frm !== null) c.builder.resync(c.next, false);
}

export const zicsrLifters: Lifters<typeof zicsrRows, LiftContext> = {
  csrrw: (c, f) => access(c, f.rd, f.csr, 'write', () => c.xWord(f.rs1)),
  csrrs: (c, f) => access(c, f.rd, f.csr, 'set', f.rs1 === 0 ? null : () => c.xWord(f.rs1)),
  csrrc: (c, f) => access(c, f.rd, f.csr, 'clear', f.rs1 === 0 ? null : () => c.xWord(f.rs1)),
  csrrwi: (c, f) => access(c, f.rd, f.csr, 'write', () => c.builder.i32(f.uimm)),
  csrrsi: (c, f) => access(c, f.rd, f.csr, 'set', f.uimm === 0 ? null : () => c.builder.i32(f.uimm)),
  csrrci: (c, f) => access(c, f.rd, f.csr, 'clear', f.uimm === 0 ? null : () => c.builder.i32(f.uimm)),
};
