import { beforeEach, describe, expect, it } from 'vitest';
import { Vcpu } from '../../engine/vcpu.ts';
import { resetFxState, XSTATE_SIZE, XSTATE_YMM } from '../../guest/x64/fx-image.ts';
import { x64 } from '../../guest/x64/index.ts';
import {
  FLAG,
  fsBase,
  gsBase,
  readFlags,
  registers,
  stackSlots,
  vectorSlots,
  X87_FULL,
  ymmHighSlots,
} from '../../guest/x64/state.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { isExtendedSlot, loadXsaveArea, RegisterFile, xsaveArea } from './processor-state.ts';
import { KVM_RUN, REGS, SREGS } from './run-structure.ts';

let engine: Vcpu;
let file: RegisterFile;
let run: DataView;

beforeEach(() => {
  engine = new Vcpu({ guest: x64, memory: GuestMemory.create(1 << 26), clock: () => 0n });
  // Not the first block of the memory.
  engine = engine.createSibling(3);
  file = new RegisterFile(engine);
  run = new DataView(new ArrayBuffer(4096));
});

/** struct kvm_regs has them in this order. */
const names = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rsp', 'rbp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14'];

describe('registers in struct kvm_run', () => {
  it('have their places', () => {
    for (const [index, slot] of registers.entries()) engine.setU64(slot, 0xf00d_0000_0000_0100n + BigInt(index));
    engine.pc = 0xf2345678;
    engine.setU64(fsBase, 0x7fff_1234_5678n);
    engine.setU64(gsBase, 0xffff_8000_0000_0000n);
    file.store(run);
    for (const [index, name] of names.entries())
      expect(run.getBigUint64(KVM_RUN.REGS + 8 * index, true)).toBe(engine.getU64(x64.state.slot(name)));
    expect(run.getBigUint64(KVM_RUN.REGS + REGS.RIP, true)).toBe(0xf2345678n);
    expect(run.getBigUint64(KVM_RUN.SREGS + SREGS.FS, true)).toBe(0x7fff_1234_5678n);
    expect(run.getBigUint64(KVM_RUN.SREGS + SREGS.GS, true)).toBe(0xffff_8000_0000_0000n);
  });

  it('come back', () => {
    for (let index = 0; index < 16; index++)
      run.setBigUint64(KVM_RUN.REGS + 8 * index, 0xbeef_0000_8000_0000n + BigInt(index), true);
    run.setBigUint64(KVM_RUN.SREGS + SREGS.FS, 0x1234n, true);
    run.setBigUint64(KVM_RUN.SREGS + SREGS.GS, 0x5678n, true);
    const flags = 0x2 | FLAG.IF | FLAG.CF | FLAG.ZF | FLAG.DF | FLAG.AC;
    file.load(run, { rip: 0xffff_ffff_ff60_0000n, rsp: 0x7777n, flags });
    expect(engine.pc).toBe(-0xa0_0000);
    expect(engine.getU64(x64.state.slot('rsp'))).toBe(0x7777n);
    expect(engine.getU64(x64.state.slot('r15'))).toBe(0xbeef_0000_8000_000fn);
    expect([engine.getU64(fsBase), engine.getU64(gsBase)]).toEqual([0x1234n, 0x5678n]);
    expect(readFlags((slot) => engine.getU64(slot))).toBe(flags);
    file.store(run);
    expect(run.getBigUint64(KVM_RUN.REGS + REGS.RIP, true)).toBe(0xffff_ffff_ff60_0000n);
    expect(run.getBigUint64(KVM_RUN.REGS + REGS.RFLAGS, true)).toBe(BigInt(flags));
  });

  it('keep all sixty-four combinations of the status flags', () => {
    const bits = [FLAG.CF, FLAG.PF, FLAG.AF, FLAG.ZF, FLAG.SF, FLAG.OF];
    for (let set = 0; set < 64; set++) {
      const flags = bits.reduce((word, bit, index) => ((set >> index) & 1 ? word | bit : word), 0x202);
      file.load(run, { rip: 0n, rsp: 0n, flags });
      file.store(run);
      expect(run.getBigUint64(KVM_RUN.REGS + REGS.RFLAGS, true)).toBe(BigInt(flags));
    }
  });

  it('drop flags that user code does not have', () => {
    const TF = 0x100;
    const RF = 0x10000;
    file.load(run, { rip: 0n, rsp: 0n, flags: 0x202 | TF | RF });
    file.store(run);
    expect(run.getBigUint64(KVM_RUN.REGS + REGS.RFLAGS, true)).toBe(0x202n);
  });
});

describe('the area of xsave', () => {
  const fill = (of: Vcpu): void => {
    resetFxState(of);
    for (const [index, slot] of [...vectorSlots, ...ymmHighSlots].entries())
      of.slotBytes(slot, 16).forEach((_, byte, bytes) => (bytes[byte] = (index * 16 + byte) & 0xff));
    of.slotBytes(stackSlots[0]!, 16).set([1, 2, 3, 4, 5, 6, 7, 0x80, 0xff, 0x3f, Number(X87_FULL >> 16n)]);
  };

  it('holds the state, marked as there', () => {
    fill(engine);
    const area = xsaveArea(engine);
    const view = new DataView(area.buffer);
    expect(area.length).toBe(XSTATE_SIZE);
    expect(view.getBigUint64(512, true)).toBe(7n);
    expect(view.getUint32(24, true)).toBe(0x1f80);
    expect(area.slice(160 + 16, 160 + 20)).toEqual(Uint8Array.of(16, 17, 18, 19));
    expect(area.slice(XSTATE_YMM, XSTATE_YMM + 2)).toEqual(Uint8Array.of(0, 1));
    expect(area[4]).toBe(1);
  });

  it('comes back, in the larger area of KVM', () => {
    fill(engine);
    const area = new Uint8Array(4096).fill(0xee, XSTATE_SIZE);
    area.set(xsaveArea(engine));
    const other = engine.createSibling(4);
    loadXsaveArea(other, area);
    for (const slot of [...vectorSlots, ...ymmHighSlots, ...stackSlots])
      expect(other.slotBytes(slot, 16)).toEqual(engine.slotBytes(slot, 16));
    expect(other.fpEnv).toBe(engine.fpEnv);
  });

  it('is of the slots that are not in struct kvm_run', () => {
    const extended = x64.state.slots.filter(isExtendedSlot).map(({ name }) => name);
    const plain = x64.state.slots.filter((slot) => !isExtendedSlot(slot)).map(({ name }) => name);
    expect(extended).toEqual(expect.arrayContaining(['xmm0', 'xmm15', 'ymmh7', 'fp_traps', 'x87_top', 'st7']));
    // Selectors of data segments, which mean nothing in 64-bit mode, stay in the processor.
    expect(plain.filter((name) => !/^(r\w+|flag_\w+|[fg]s_base|selectors)$/.test(name))).toEqual([]);
  });
});
