import { describe, expect, it } from 'vitest';
import type { Guest } from '../guest/guest.ts';
import type { Block } from '../ir/block.ts';
import { BlockBuilder } from '../ir/builder.ts';
import { StateLayout, type Slot } from '../ir/state.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { PERMISSION } from '../memory/layout.ts';
import { nodePageProtection } from '../platform/node/page-protection.ts';
import type { PageProtection } from '../platform/types.ts';
import { MAX_VCPUS, Vcpu } from './vcpu.ts';

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

interface Setting {
  readonly model: 'range' | 'strict';
  readonly tier: 0 | 1;
}

function vcpuOf(
  blocks: Record<number, (builder: BlockBuilder) => void>,
  { model, tier }: Setting = { model: 'strict', tier: 0 },
): Vcpu {
  const memory = GuestMemory.create(1 << 26);
  const permit = (page: number, bits: number): void => {
    memory.bytes[memory.layout.permissions + page] = bits;
  };
  permit(CODE >> 12, PERMISSION.READ | PERMISSION.EXECUTE);
  permit(DATA >> 12, PERMISSION.READ | PERMISSION.WRITE);
  const guest = scriptedGuest(new Map(Object.entries(blocks).map(([pc, body]) => [Number(pc), body])));
  const vcpu = new Vcpu({ guest, memory, memoryModel: model, tier, compileThreshold: 0, clock: () => 42n });
  vcpu.pc = CODE;
  return vcpu;
}

const settings: Setting[] = [
  { model: 'strict', tier: 0 },
  { model: 'range', tier: 0 },
];
/** Tier 1 leaves to tier 0 at single instructions, which a scripted block does not have; see tests/conformance. */
const loopSettings: Setting[] = [...settings, { model: 'strict', tier: 1 }, { model: 'range', tier: 1 }];

describe.each(loopSettings)('loops over scripted blocks, $model, tier $tier', (setting) => {
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
      setting,
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
      setting,
    );
    expect(vcpu.run(1000)).toEqual({ kind: 'budget' });
    expect(vcpu.pc).toBe(CODE);
    const first = vcpu.instructions;
    expect(first).toBeGreaterThanOrEqual(1000);
    // A region looks once in four rounds of a loop as small as this one.
    expect(first).toBeLessThan(setting.tier === 0 ? 1003 : 1000 + 4 * 2 + 1);
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
      setting,
    );
    vcpu.setU64(A, 7n);
    vcpu.run(100);
    expect([vcpu.getU64(A), vcpu.getU64(B), vcpu.getU64(C)]).toEqual([8n, 7n, 56n]);
  });
});

describe.each(settings)('vCPU over scripted blocks, $model, tier $tier', (setting) => {
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
      setting,
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

  it('counts instructions before a fault, also those that nothing is left of', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.instruction(CODE + 4, 4);
          b.set(C, b.i64(7));
          b.instruction(CODE + 8, 2);
          b.instruction(CODE + 10, 4);
          b.set(A, b.opImm('i64.load', 0, b.get(B)));
          b.syscall(CODE + 14);
        },
      },
      setting,
    );
    expect(vcpu.run(100)).toMatchObject({ kind: 'trap', trap: { pc: CODE + 10, address: 0n } });
    expect(vcpu.instructions).toBe(3);
  });

  it('accesses memory across words and pages, and names the page that faults', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.opImm('i64.store', 0, b.get(A), b.get(B));
          b.instruction(CODE + 4, 4);
          b.set(C, b.opImm('i64.load', 0, b.get(A)));
          b.syscall(CODE + 8);
        },
      },
      setting,
    );
    vcpu.setI64(A, DATA + 13);
    vcpu.setU64(B, 0x0123_4567_89ab_cdefn);
    expect(vcpu.run(100)).toEqual({ kind: 'syscall' });
    expect(vcpu.getU64(C)).toBe(0x0123_4567_89ab_cdefn);
    if (setting.model === 'range') return;
    vcpu.pc = CODE;
    vcpu.setI64(A, DATA + 4096 - 3);
    expect(vcpu.run(100)).toMatchObject({ trap: { address: BigInt(DATA + 4096), access: 'write', pc: CODE } });
    vcpu.setI64(A, CODE);
    expect(vcpu.run(100)).toMatchObject({ trap: { address: BigInt(CODE), access: 'write' } });
  });

  it('faults on the null page, past the limit and in its own area', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.set(C, b.opImm('i64.load', -8, b.get(A)));
          b.syscall(CODE + 4);
        },
      },
      setting,
    );
    const { guestLimit, vcpus } = vcpu.memory.layout;
    for (const address of [
      0x8n,
      0x1000n,
      BigInt(guestLimit),
      BigInt(vcpus),
      2n ** 32n + BigInt(DATA),
      2n ** 64n - 8n,
    ]) {
      vcpu.pc = CODE;
      vcpu.setU64(A, address + 8n);
      expect(vcpu.run(100)).toMatchObject({ kind: 'trap', trap: { kind: 'memory-fault', address, access: 'read' } });
    }
  });

  it('follows indirect jumps through the jump cache', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.set(C, b.op('i64.add', b.get(C), b.i64(1)));
          b.instruction(CODE + 4, 2);
          b.indirect(b.op('i64.and', b.op('i64.add', b.get(A), b.i64(3)), b.i64(-2)), 'jump');
        },
        [CODE + 16]: (b) => {
          b.instruction(CODE + 16, 4);
          b.branch(b.op('i64.lt_u', b.get(C), b.i64(500)), CODE, CODE + 20);
        },
      },
      setting,
    );
    vcpu.setI64(A, CODE + 14);
    expect(vcpu.run(1e6)).toEqual({
      kind: 'trap',
      trap: { kind: 'illegal-instruction', pc: CODE + 20, encoding: 0 },
    });
    expect(vcpu.getU64(C)).toBe(500n);
    expect(vcpu.stats.jumpCacheMisses).toBe(1);
    vcpu.pc = CODE;
    vcpu.setU64(C, 0n);
    vcpu.setI64(A, 0x30000);
    expect(vcpu.run(10)).toMatchObject({ trap: { kind: 'memory-fault', address: 0x30002n, access: 'execute' } });
    expect(vcpu.pc).toBe(0x30002);
  });

  it('leaves on a conditional trap with the state before the instruction', () => {
    const vcpu = vcpuOf(
      {
        [CODE]: (b) => {
          b.instruction(CODE, 4);
          b.set(A, b.op('i64.add', b.get(A), b.i64(1)));
          b.instruction(CODE + 4, 4);
          b.trapIf(b.op('i64.eqz', b.get(B)), 4);
          b.set(A, b.op('i64.div_s_or', b.get(A), b.get(B), b.i64(0)));
          b.syscall(CODE + 8);
        },
      },
      setting,
    );
    vcpu.setU64(A, 20n);
    expect(vcpu.run(100)).toEqual({ kind: 'trap', trap: { kind: 'integer-divide', pc: CODE + 4 } });
    expect([vcpu.getU64(A), vcpu.instructions]).toEqual([21n, 1]);
    vcpu.setU64(B, 7n);
    vcpu.pc = CODE + 4;
    vcpu.pc = CODE;
    expect(vcpu.run(100)).toEqual({ kind: 'syscall' });
    expect(vcpu.getU64(A)).toBe(3n);
  });
});

describe('translations', () => {
  /** A loop of two blocks whose first adds `step.value` at translation time. */
  function changingLoop(step: { value: number }): Vcpu {
    return vcpuOf({
      [CODE]: (b) => {
        b.instruction(CODE, 4);
        b.set(A, b.op('i64.add', b.get(A), b.i64(step.value)));
        b.jump(CODE + 0x100);
      },
      [CODE + 0x100]: (b) => {
        b.instruction(CODE + 0x100, 4);
        b.set(B, b.op('i64.sub', b.get(B), b.i64(1)));
        b.branch(b.op('i64.eqz', b.get(B)), CODE + 0x200, CODE);
      },
      [CODE + 0x200]: (b) => {
        b.instruction(CODE + 0x200, 4);
        b.syscall(CODE);
      },
    });
  }

  it('are made anew after their bytes changed, also where linked code jumps to them', () => {
    const step = { value: 1 };
    const vcpu = changingLoop(step);
    vcpu.setU64(B, 10n);
    vcpu.run(1e6);
    expect(vcpu.getU64(A)).toBe(10n);
    step.value = 100;
    vcpu.setU64(B, 10n);
    vcpu.run(1e6);
    expect(vcpu.getU64(A)).toBe(20n);
    vcpu.invalidateCode(CODE + 0x40_0000, CODE + 0x50_0000);
    expect(vcpu.stats.invalidatedBlocks).toBe(0);
    vcpu.invalidateCode(CODE, CODE + 4);
    expect(vcpu.stats.invalidatedBlocks).toBe(3);
    vcpu.setU64(B, 10n);
    vcpu.run(1e6);
    expect(vcpu.getU64(A)).toBe(1020n);
  });

  it('are dropped by a guest fence, which may change the mode', () => {
    const modes: number[] = [];
    const guest = scriptedGuest(
      new Map([
        [
          CODE,
          (b: BlockBuilder) => {
            modes.push(b.mode);
            b.instruction(CODE, 4);
            b.set(A, b.op('i64.add', b.get(A), b.i64(1)));
            b.branch(b.op('i64.eq', b.get(A), b.i64(2)), CODE + 8, CODE + 4);
          },
        ],
        [
          CODE + 4,
          (b: BlockBuilder) => {
            b.instruction(CODE + 4, 4);
            b.resync(CODE, true);
          },
        ],
        [
          CODE + 8,
          (b: BlockBuilder) => {
            b.instruction(CODE + 8, 4);
            b.syscall(CODE + 12);
          },
        ],
      ]),
    );
    const memory = GuestMemory.create(1 << 26);
    memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.EXECUTE;
    const vcpu = new Vcpu({
      guest: { ...guest, currentMode: (read) => Number(read(A)) & 1 },
      memory,
      clock: () => 0n,
    });
    vcpu.pc = CODE;
    expect(vcpu.run(100)).toEqual({ kind: 'syscall' });
    expect(modes).toEqual([0, 1]);
    expect(vcpu.stats.flushes).toBe(1);
  });

  it.each([0, 1] as const)('execute an instruction that ends in a resync once, in tier %i', (tier) => {
    const guest = scriptedGuest(
      new Map([
        [
          CODE,
          (b: BlockBuilder) => {
            b.instruction(CODE, 4);
            b.set(B, b.op('i64.sub', b.get(B), b.i64(1)));
            b.jump(CODE + 4);
          },
        ],
        [
          CODE + 4,
          (b: BlockBuilder) => {
            b.instruction(CODE + 4, 4);
            b.set(A, b.op('i64.add', b.get(A), b.i64(1)));
            b.resync(CODE + 8, false);
          },
        ],
        [
          CODE + 8,
          (b: BlockBuilder) => {
            b.instruction(CODE + 8, 4);
            b.branch(b.op('i64.eqz', b.get(B)), CODE + 12, CODE);
          },
        ],
        [
          CODE + 12,
          (b: BlockBuilder) => {
            b.instruction(CODE + 12, 4);
            b.syscall(CODE + 16);
          },
        ],
      ]),
    );
    const memory = GuestMemory.create(1 << 26);
    memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.EXECUTE;
    const vcpu = new Vcpu({ guest, memory, tier, compileThreshold: 2, clock: () => 0n });
    vcpu.pc = CODE;
    vcpu.setU64(B, 20n);
    expect(vcpu.run(1e6)).toEqual({ kind: 'syscall' });
    expect(vcpu.stats.compiledInstructions > 0).toBe(tier === 1);
    expect(vcpu.getU64(A)).toBe(20n);
  });

  /** A loop over 8-byte loads from A on, B times; then a system call. */
  function loadLoop(memoryModel: 'strict' | 'range' | 'host', protection: PageProtection | null = null): Vcpu {
    const memory = GuestMemory.create(1 << 26);
    memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.READ | PERMISSION.EXECUTE;
    memory.bytes.fill(PERMISSION.READ, memory.layout.permissions + 32, memory.layout.permissions + 34);
    const guest = scriptedGuest(
      new Map([
        [
          CODE,
          (b: BlockBuilder) => {
            b.instruction(CODE, 4);
            b.set(C, b.opImm('i64.load', 0, b.get(A)));
            b.instruction(CODE + 4, 4);
            b.set(A, b.op('i64.add', b.get(A), b.i64(8)));
            b.instruction(CODE + 8, 4);
            b.set(B, b.op('i64.sub', b.get(B), b.i64(1)));
            b.instruction(CODE + 12, 4);
            b.branch(b.op('i64.ne', b.get(B), b.i64(0)), CODE, CODE + 16);
          },
        ],
        [
          CODE + 16,
          (b: BlockBuilder) => {
            b.instruction(CODE + 16, 4);
            b.syscall(CODE + 20);
          },
        ],
      ]),
    );
    const pageProtection = (): PageProtection | null => protection;
    const options = { guest, memory, memoryModel, pageProtection, compileThreshold: 2, clock: () => 0n };
    const vcpu = new Vcpu({ ...options, tier: 1 });
    vcpu.pc = CODE;
    vcpu.setU64(A, BigInt(DATA));
    return vcpu;
  }

  it('end at a fault of compiled code that the guest does not handle, with its address', () => {
    const vcpu = loadLoop('strict');
    vcpu.setU64(B, 2000n);
    expect(vcpu.run(1e6)).toEqual({
      kind: 'trap',
      trap: { kind: 'memory-fault', pc: CODE, address: BigInt(DATA + 0x2000), access: 'read', imprecise: true },
    });
  });

  const { protection } = nodePageProtection();
  const models = ['strict', ...(protection === null ? [] : (['host'] as const))] as const;
  it.each(models)('have their state at a fault when the guest handles it (%s)', (model) => {
    const vcpu = loadLoop(model, protection);
    vcpu.setPreciseFaults(true);
    vcpu.setU64(B, 2000n);
    expect(vcpu.run(1e6)).toEqual({
      kind: 'trap',
      trap: { kind: 'memory-fault', pc: CODE, address: BigInt(DATA + 0x2000), access: 'read' },
    });
    expect(vcpu.getU64(A)).toBe(BigInt(DATA + 0x2000));
    expect(vcpu.getU64(B)).toBe(2000n - 1024n);
    const { compiledInstructions, faultExits } = vcpu.stats;
    // The region's trap, and the fault of the same instruction in tier 0.
    if (model === 'host') expect(faultExits).toBe(2);
    else expect(compiledInstructions).toBeGreaterThan(1000);
    // As many as were executed, give or take a block.
    expect(Math.abs(vcpu.instructions - 4 * 1024)).toBeLessThanOrEqual(4);
    vcpu.memory.unprotect();
  });

  it.skipIf(protection === null)('leave faults of compiled code to the host', () => {
    const vcpu = loadLoop('host', protection);
    vcpu.setU64(B, 2000n);
    const imprecise = { kind: 'memory-fault', pc: CODE, address: null, access: 'read', imprecise: true };
    expect(vcpu.run(1e6)).toEqual({ kind: 'trap', trap: imprecise });
    expect(vcpu.memory.isProtected).toBe(true);
    vcpu.memory.unprotect();
  });

  it('are checked in the code when the host stops protecting', () => {
    let works = true;
    const vcpu = loadLoop('host', { pageSize: 4096, protect: () => works });
    vcpu.setU64(B, 100n);
    expect(vcpu.run(1e6)).toEqual({ kind: 'syscall' });
    expect(vcpu.memory.isProtected).toBe(true);
    works = false;
    expect(() => vcpu.memory.closePages(DATA, DATA + 4096)).toThrow('the host does not give the guest memory back');
    expect(vcpu.memory.isProtected).toBe(false);
  });

  it('keep working when the heap for micro-ops is full', () => {
    const count = 60_000;
    const blocks = new Map<number, (b: BlockBuilder) => void>();
    const last = CODE + count * 2;
    const fill = (b: BlockBuilder): void => {
      b.instruction(b.pc, 2);
      for (let copy = 0; copy < 20; copy++) b.set(A, b.op('i64.add', b.get(A), b.i64(1)));
      b.jump(b.pc + 2);
    };
    for (let pc = CODE; pc < last; pc += 2) blocks.set(pc, fill);
    blocks.set(last, (b) => {
      b.instruction(b.pc, 2);
      b.branch(b.op('i64.eqz', b.get(B)), CODE, CODE + 4096 * 64);
    });
    const memory = GuestMemory.create(1 << 26);
    memory.bytes.fill(PERMISSION.EXECUTE, memory.layout.permissions + 16, memory.layout.permissions + 60);
    const vcpu = new Vcpu({ guest: scriptedGuest(blocks), memory, clock: () => 0n });
    vcpu.pc = CODE;
    vcpu.run(count);
    expect(vcpu.stats.flushes).toBeGreaterThan(0);
    expect(vcpu.getU64(A)).toBe(BigInt(count * 20));
  });
});

describe('several vCPUs over one memory', () => {
  const loop = {
    [CODE]: (b: BlockBuilder) => {
      b.instruction(CODE, 4);
      b.set(A, b.op('i64.add', b.get(A), b.get(B)));
      b.jump(CODE);
    },
  };

  it('have registers of their own and share translations', () => {
    const first = vcpuOf(loop);
    const second = first.createSibling(1);
    second.pc = CODE;
    first.setU64(B, 1n);
    second.setU64(B, 1000n);
    first.run(50);
    second.run(30);
    first.run(50);
    expect(first.getU64(A)).toBe(BigInt(first.instructions));
    expect(second.getU64(A)).toBe(BigInt(second.instructions) * 1000n);
    expect(first.stats.blocks).toBe(1);
  });

  it('copy state from one another', () => {
    const first = vcpuOf(loop);
    first.setU64(B, 5n);
    const second = first.createSibling(3);
    second.copyState(first);
    expect([second.pc, second.getU64(B)]).toEqual([CODE, 5n]);
    expect(() => first.createSibling(MAX_VCPUS)).toThrow('a block of its own');
  });

  it('do not follow indirect jumps that another mode has cached', () => {
    const entered: number[] = [];
    const jump = (b: BlockBuilder): void => {
      b.instruction(CODE, 4);
      b.indirect(b.i64(CODE + 8), 'jump');
    };
    const stop = (b: BlockBuilder): void => {
      entered.push(b.mode);
      b.instruction(CODE + 8, 4);
      b.syscall(CODE + 12);
    };
    const blocks = new Map([
      [CODE, jump],
      [CODE + 8, stop],
    ]);
    const memory = GuestMemory.create(1 << 26);
    memory.bytes[memory.layout.permissions + (CODE >> 12)] = PERMISSION.EXECUTE;
    const guest = { ...scriptedGuest(blocks), currentMode: (read: (slot: Slot) => bigint) => Number(read(C)) };
    const first = new Vcpu({ guest, memory, clock: () => 0n });
    const second = first.createSibling(1);
    second.setU64(C, 1n);
    second.syncMode();
    for (const vcpu of [first, second, first]) {
      vcpu.pc = CODE;
      expect(vcpu.run(100)).toEqual({ kind: 'syscall' });
    }
    expect(entered).toEqual([0, 1]);
  });
});
