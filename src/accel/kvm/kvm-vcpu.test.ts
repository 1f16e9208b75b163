/** The vCPU on a processor of the test's own, which does what it is told: who has which state when. */
import { beforeEach, describe, expect, it } from 'vitest';
import { UnsupportedError } from '../../common/errors.ts';
import { Vcpu } from '../../engine/vcpu.ts';
import { x64 } from '../../guest/x64/index.ts';
import { registers, vectorSlots } from '../../guest/x64/state.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_SHIFT, PERMISSION } from '../../memory/layout.ts';
import type { VirtualMachine, VirtualProcessor, Virtualization } from '../../platform/types.ts';
import { KvmAccelerator, type KvmVcpu } from './index.ts';
import { SYSCALL_STUB } from './machine-layout.ts';
import { KVM_EXIT, KVM_RUN, REGS, SEGMENT_DPL, SREGS } from './run-structure.ts';

const CODE = 0x100000;
const XMM0 = 160;
const supported = new Uint8Array(
  new Uint32Array([1, 7, 0x80000001].flatMap((leaf) => [leaf, 0, 0, ...new Array<number>(7).fill(0xffffffff)])).buffer,
);

class FakeProcessor implements VirtualProcessor {
  readonly shared = new DataView(new ArrayBuffer(4096));
  readonly xsave = new Uint8Array(4096);
  readonly log: string[] = [];
  /** What each run does; the default is a system call. */
  readonly script: ((processor: FakeProcessor) => ReturnType<VirtualProcessor['run']>)[] = [];

  setXcr0(value: number): void {
    this.log.push(`xcr0 ${String(value)}`);
  }

  run(): ReturnType<VirtualProcessor['run']> {
    this.log.push('run');
    return (this.script.shift() ?? syscallAt(CODE + 2))(this);
  }

  readXsave(): Uint8Array {
    this.log.push('read');
    return this.xsave;
  }

  writeXsave(area: Uint8Array): void {
    this.log.push('write');
    this.xsave.set(area);
  }

  set(register: number, value: bigint): void {
    this.shared.setBigUint64(KVM_RUN.REGS + register, value, true);
  }

  stop(reason: number, dpl: number): void {
    this.shared.setUint32(KVM_RUN.EXIT_REASON, reason, true);
    this.shared.setUint8(KVM_RUN.SREGS + SREGS.CS + SEGMENT_DPL, dpl);
  }
}

const syscallAt =
  (next: number) =>
  (processor: FakeProcessor): 'exit' => {
    processor.set(REGS.RIP, SYSCALL_STUB + 1n);
    processor.set(REGS.RCX, BigInt(next));
    processor.set(REGS.R11, 0x202n);
    processor.stop(KVM_EXIT.HLT, 0);
    return 'exit';
  };

const stoppedAt =
  (rip: number, how: 'exit' | 'interrupted' | 'memory-fault', reason = 10) =>
  (processor: FakeProcessor): typeof how => {
    processor.set(REGS.RIP, BigInt(rip));
    processor.stop(reason, 3);
    return how;
  };

class FakeHost implements Virtualization {
  readonly supportedCpuid = supported;
  virtualizesCpuid = true;
  readonly processors: FakeProcessor[] = [];
  machines = 0;
  closed = 0;
  readonly forgotten: number[] = [];
  limit = Infinity;

  createMachine(): VirtualMachine {
    if (this.machines++ >= this.limit) throw new UnsupportedError('kvm', 'no more machines');
    return {
      addMemory: () => undefined,
      allocate: (size) => new Uint8Array(size),
      forget: (bytes) => void this.forgotten.push(bytes.byteOffset),
      createProcessor: () => {
        const processor = new FakeProcessor();
        this.processors.push(processor);
        return processor;
      },
      close: () => {
        this.closed++;
      },
    };
  }
}

let host: FakeHost;
let kvm: KvmAccelerator;
let memory: GuestMemory;
let vcpu: KvmVcpu;

function createVcpu(): KvmVcpu {
  memory = GuestMemory.create(1 << 26);
  memory.bytes[memory.layout.permissions + (CODE >> PAGE_SHIFT)] = PERMISSION.READ | PERMISSION.EXECUTE;
  // ud2; syscall
  memory.bytes.set([0x0f, 0x0b, 0x0f, 0x05], CODE);
  const engine = new Vcpu({ guest: x64, memory, clock: () => 0n });
  const created = kvm.accelerate(engine);
  created.pc = CODE;
  return created;
}

beforeEach(() => {
  host = new FakeHost();
  kvm = new KvmAccelerator(host, { cpu: 'v3' });
  vcpu = createVcpu();
});

const [xmm0] = vectorSlots;

describe('a vCPU on the processor', () => {
  it('moves floating-point state only when somebody asks for it', () => {
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
    const [processor] = host.processors;
    expect(vcpu.pc).toBe(CODE + 2);
    vcpu.setI64(registers[0]!, 5);
    vcpu.run(1000);
    vcpu.run(1000);
    expect(processor!.log).toEqual(['xcr0 7', 'write', 'run', 'run', 'run']);
    processor!.log.length = 0;
    processor!.xsave[XMM0] = 77;
    expect(vcpu.slotBytes(xmm0!, 16)[0]).toBe(77);
    vcpu.slotBytes(xmm0!, 16)[1] = 88;
    vcpu.run(1000);
    expect(processor!.log).toEqual(['read', 'write', 'run']);
    expect([...processor!.xsave.subarray(XMM0, XMM0 + 2)]).toEqual([77, 88]);
  });

  it('does not lose floating-point state to whoever reads it', () => {
    vcpu.run(1000);
    host.processors[0]!.xsave.set([0x80, 0x3f], 24);
    expect(vcpu.fpEnv).toBe(vcpu.fpEnv);
    vcpu.run(1000);
    expect(host.processors[0]!.xsave[25]).toBe(0x3f);
  });

  it('hands a copy all of its state', () => {
    vcpu.run(1000);
    host.processors[0]!.xsave[XMM0] = 42;
    const other = vcpu.createSibling(1);
    other.copyState(vcpu);
    expect(other.pc).toBe(CODE + 2);
    other.run(1000);
    expect(host.processors[1]!.xsave[XMM0]).toBe(42);
  });

  it('lets the translator say what a stop is', () => {
    vcpu.run(1000);
    for (const how of ['exit', 'memory-fault'] as const) {
      host.processors[0]!.script.push(stoppedAt(CODE, how, KVM_EXIT.INTERNAL_ERROR));
      expect(vcpu.run(1000)).toMatchObject({ kind: 'trap', trap: { kind: 'illegal-instruction', pc: CODE } });
    }
    host.processors[0]!.script.push(stoppedAt(CODE + 2, 'exit', KVM_EXIT.INTERNAL_ERROR));
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
    expect(vcpu.pc).toBe(CODE + 4);
    expect(kvm.stats).toMatchObject({ runs: 4, syscalls: 1, surrenders: 3, translated: 3 });
  });

  it('lets the translator execute pages with CPUID', () => {
    host.virtualizesCpuid = false;
    vcpu = createVcpu();
    // mov eax, 0x80000000; cpuid; syscall
    memory.bytes.set([0xb8, 0, 0, 0, 0x80, 0x0f, 0xa2, 0x0f, 0x05], CODE);
    vcpu.run(1000);
    vcpu.pc = CODE;
    host.processors[0]!.script.push(stoppedAt(CODE, 'exit'));
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
    expect(vcpu.pc).toBe(CODE + 9);
    expect(vcpu.getU64(registers[3]!)).toBe(0x68747541n);
    expect(kvm.stats).toMatchObject({ withheld: 1, translated: 0 });
  });

  it('ends its turn at the end of a slice', () => {
    vcpu.run(1000);
    host.processors[0]!.script.push(stoppedAt(CODE + 1, 'interrupted'));
    expect(vcpu.run(1000)).toEqual({ kind: 'budget' });
    expect(vcpu.pc).toBe(CODE + 1);
    expect(kvm.stats.interruptions).toBe(1);
  });

  it.each([
    ['int3', [0xcc]],
    ['int 3', [0xcd, 0x03]],
  ])('goes on behind %s at the end of a slice, where KVM may have yet to report it', (_name, code) => {
    vcpu.run(1000);
    vcpu.pc = CODE;
    memory.bytes.set(code, CODE);
    const dirty: bigint[] = [];
    const processor = host.processors[0]!;
    const noted = (step: ReturnType<typeof stoppedAt>) => (of: FakeProcessor) => {
      dirty.push(of.shared.getBigUint64(KVM_RUN.DIRTY_REGS, true));
      return step(of);
    };
    processor.script.push(noted(stoppedAt(CODE + code.length, 'interrupted')), noted(syscallAt(CODE + 9)));
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
    expect(dirty).toEqual([7n, 0n]);
  });

  it('ends its turn behind a byte that only looks like a breakpoint', () => {
    vcpu.run(1000);
    memory.bytes[CODE] = 0xcc;
    const { script } = host.processors[0]!;
    for (let turn = 0; turn < 10; turn++) script.push(stoppedAt(CODE + 1, 'interrupted'));
    expect(vcpu.run(1000)).toEqual({ kind: 'budget' });
    expect(script.length).toBe(7);
  });

  it('is interrupted before it runs', () => {
    vcpu.interrupt();
    expect(vcpu.run(1000)).toEqual({ kind: 'interrupt' });
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
  });

  it('says so when KVM is somewhere else', () => {
    vcpu.run(1000);
    host.processors[0]!.script.push((processor) => {
      processor.set(REGS.RIP, 0x1234n);
      processor.stop(KVM_EXIT.SHUTDOWN, 0);
      return 'exit';
    });
    expect(() => vcpu.run(1000)).toThrow(/stopped for a reason that it should not \(8\)/);
  });

  it('makes the machine forget pages that lost permissions, before it runs', () => {
    vcpu.run(1000);
    memory.bytes[memory.layout.permissions + (CODE >> PAGE_SHIFT)] = PERMISSION.READ;
    memory.onPermissions?.(CODE, CODE + 4096);
    expect(host.forgotten).toEqual([]);
    vcpu.run(1000);
    vcpu.run(1000);
    expect(host.forgotten).toEqual([CODE]);
  });
});

describe('an accelerator', () => {
  it('has one machine for a memory, and closes it with the memory', () => {
    vcpu.run(1000);
    vcpu.createSibling(1).run(1000);
    expect([host.machines, host.processors.length, kvm.stats.machines]).toEqual([1, 2, 1]);
    createVcpu().run(1000);
    expect(host.machines).toBe(2);
    memory.onDropped?.();
    expect(host.closed).toBe(1);
    expect(memory.onPermissions).toBeNull();
  });

  it('leaves a program to the translator where there is no second machine', () => {
    host.limit = 1;
    vcpu.run(1000);
    const second = createVcpu();
    second.pc = CODE + 2;
    expect(second.run(1000)).toEqual({ kind: 'syscall' });
    expect(kvm.stats.translatedTurns).toBe(1);
  });

  it('fails where there is not even one', () => {
    host.limit = 0;
    expect(() => vcpu.run(1000)).toThrow(UnsupportedError);
  });

  it('gives the translator turns where it is asked to', () => {
    kvm = new KvmAccelerator(host, { cpu: 'v3', alternate: 10 });
    vcpu = createVcpu();
    vcpu.pc = CODE + 2;
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
    expect(vcpu.run(1000)).toEqual({ kind: 'syscall' });
    expect(kvm.stats).toMatchObject({ runs: 1, translatedTurns: 1 });
  });
});
