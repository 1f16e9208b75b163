import { describe, expect, it } from 'vitest';
import type { Guest } from '../guest/guest.ts';
import type { Block } from '../ir/block.ts';
import { BlockBuilder } from '../ir/builder.ts';
import { StateLayout, type Slot } from '../ir/state.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PERMISSION } from '../memory/layout.ts';
import { Vcpu } from './vcpu.ts';

const layout = new StateLayout([
  { name: 'a', type: 'i64' },
  { name: 'b', type: 'i64' },
  { name: 'c', type: 'i64' },
  { name: 'f', type: 'f64' },
  { name: 'v', type: 'v128' },
]);
const slot = (name: string): Slot => layout.slot(name);
const [A, B, C] = [slot('a'), slot('b'), slot('c')];
const CODE = 0x10000;
const DATA = 0x20000;

/** A guest whose "instructions" are blocks given by address. */
function scriptedGuest(blocks: ReadonlyMap<number, (builder: BlockBuilder) => void>): Guest {
  return {
    name: 'riscv64',
    elfMachine: 243,
    state: layout,
    initialFpEnv: 0,
    liftBlock: (_source, pc, mode): Block => {
      const builder = new BlockBuilder(layout, pc, mode);
      const body = blocks.get(pc);
      if (body === undefined) builder.trap(1, pc);
      else body(builder);
      return builder.finish();
    },
    disassemble: () => null,
  };
}

function vcpuOf(blocks: Record<number, (builder: BlockBuilder) => void>, model: 'range' | 'strict' = 'strict'): Vcpu {
  const memory = GuestMemory.create(1 << 26);
  const permit = (page: number, bits: number): void => {
    memory.bytes[memory.layout.permissions + page] = bits;
  };
  permit(CODE >> 12, PERMISSION.READ | PERMISSION.EXECUTE);
  permit(DATA >> 12, PERMISSION.READ | PERMISSION.WRITE);
  const guest = scriptedGuest(new Map(Object.entries(blocks).map(([pc, body]) => [Number(pc), body])));
  const vcpu = new Vcpu({ guest, memory, memoryModel: model, clock: () => 42n });
  vcpu.pc = CODE;
  return vcpu;
}

describe.each(['strict', 'range'] as const)('vCPU over scripted blocks, %s', (model) => {
  it('runs a counted loop, links it and counts instructions', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.set(A, b.op('i64.add', b.get(A), b.i64(3)));
          b.instruction(CODE + 4, 4);
          b.set(B, b.op('i64.sub', b.get(B), b.i64(1)));
          b.instruction(CODE + 8, 4);
          b.branch(b.op('i64.ne', b.get(B), b.i64(0)), CODE, CODE + 12);
        },
        [CODE + 12]: (b) => {
          b.instruction(CODE + 12, 4);
          b.syscall(CODE + 16);
        },
      },
      model,
    );
    vcpu.setU64(B, 1000n);
    expect(vcpu.run(1e9)).toEqual({ kind: 'syscall' });
    expect(vcpu.getU64(A)).toBe(3000n);
    expect(vcpu.pc).toBe(CODE + 16);
    expect(vcpu.instructions).toBe(3001);
    expect(vcpu.stats.blocks).toBe(2);
  });

  it('stops near its budget and goes on where it stopped', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.set(A, b.op('i64.add', b.get(A), b.i64(1)));
          b.instruction(CODE + 4, 4);
          b.jump(CODE);
        },
      },
      model,
    );
    expect(vcpu.run(1000)).toEqual({ kind: 'budget' });
    expect(vcpu.pc).toBe(CODE);
    const first = vcpu.instructions;
    expect(first).toBeGreaterThanOrEqual(1000);
    expect(first).toBeLessThan(1003);
    vcpu.interrupt();
    expect(vcpu.run(1000)).toEqual({ kind: 'interrupt' });
    vcpu.run(1000);
    expect(vcpu.getU64(A)).toBe(BigInt(vcpu.instructions / 2));
  });

  it('keeps an old slot value that is wanted after the slot is overwritten', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          const old = b.get(A);
          b.set(A, b.op('i64.add', old, b.i64(1)));
          b.set(B, old);
          b.set(C, b.op('i64.mul', old, b.get(A)));
          b.syscall(CODE + 4);
        },
      },
      model,
    );
    vcpu.setU64(A, 7n);
    vcpu.run(100);
    expect([vcpu.getU64(A), vcpu.getU64(B), vcpu.getU64(C)]).toEqual([8n, 7n, 56n]);
  });

  it('loads, stores and faults with the state before the instruction', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.opImm('i64.store', 8, b.get(A), b.get(B));
          b.instruction(CODE + 4, 4);
          b.set(C, b.opImm('i64.load32_s', 11, b.get(A)));
          b.instruction(CODE + 8, 4);
          b.set(A, b.opImm('i64.load', 0, b.get(B)));
          b.syscall(CODE + 12);
        },
      },
      model,
    );
    vcpu.setI64(A, DATA);
    vcpu.setU64(B, 0xfedc_ba98_7654_3210n);
    const exit = vcpu.run(100);
    expect(exit).toEqual({
      kind: 'trap',
      trap: { kind: 'memory-fault', pc: CODE + 8, address: 0xfedc_ba98_7654_3210n, access: 'read' },
    });
    expect(vcpu.getU64(C)).toBe(0xffff_ffff_dcba_9876n);
    expect(vcpu.getI64(A)).toBe(DATA);
    expect(vcpu.instructions).toBe(2);
    expect(vcpu.pc).toBe(CODE + 8);
  });
});
