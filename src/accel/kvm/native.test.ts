/** The vCPU on KVM itself: what the processor lets a guest do, and what not. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Exit } from '../../engine/exit.ts';
import { Vcpu } from '../../engine/vcpu.ts';
import { cpuidLeaves } from '../../guest/x64/cpuid.ts';
import { x64 } from '../../guest/x64/index.ts';
import { registers, vectorSlots, ymmHighSlots } from '../../guest/x64/state.ts';
import { AddressSpace } from '../../memory/address-space.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_SIZE, PERMISSION } from '../../memory/layout.ts';
import { nodeVirtualization } from '../../platform/node/kvm-probe.ts';
import { KvmAccelerator, type KvmVcpu } from './index.ts';
import { SYSCALL_STUB } from './machine-layout.ts';

const { virtualization, reason } = nodeVirtualization();
const { READ, WRITE, EXECUTE } = PERMISSION;
const CODE = 0x400000;
const DATA = 0x500000;
const [RAX, RCX, RDX, RBX] = [0, 1, 2, 3] as const;
const SYSCALL = [0x0f, 0x05];

describe.skipIf(virtualization === null)(`a guest under KVM${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let kvm: KvmAccelerator;
  let space: AddressSpace;
  let vcpu: KvmVcpu;

  beforeEach(() => {
    if (virtualization === null) return;
    kvm = new KvmAccelerator(virtualization, { cpu: 'v3' });
    const memory = GuestMemory.create(1 << 26);
    space = new AddressSpace(memory);
    vcpu = kvm.accelerate(new Vcpu({ guest: x64, memory, clock: () => 0n }));
    space.onCodeChange = (start, end) => {
      vcpu.invalidateCode(start, end);
    };
    space.map({ address: CODE, length: PAGE_SIZE, protection: READ | EXECUTE, placement: 'replace' });
    space.map({ address: DATA, length: PAGE_SIZE, protection: READ | WRITE, placement: 'replace' });
    return () => memory.onDropped?.();
  });

  /** Runs code to its first system call or trap. */
  function run(...code: number[]): Exit {
    space.poke(CODE, Uint8Array.from(code));
    vcpu.invalidateCode(CODE, CODE + PAGE_SIZE);
    vcpu.pc = CODE;
    for (;;) {
      const exit = vcpu.run(1e9);
      if (exit.kind !== 'budget') return exit;
    }
  }

  const trapOf = (exit: Exit): unknown => (exit.kind === 'trap' ? exit.trap.kind : exit.kind);
  const set = (register: number, value: bigint): void => vcpu.setU64(registers[register]!, value);
  const get = (register: number): bigint => vcpu.getU64(registers[register]!);
  // mov [rdx], rax; mov rcx, [rdx]; syscall
  const store = [0x48, 0x89, 0x02, 0x48, 0x8b, 0x0a, ...SYSCALL];
  // mov rax, [rdx]; syscall
  const load = [0x48, 0x8b, 0x02, ...SYSCALL];

  it('computes and makes system calls', () => {
    set(RAX, 40n);
    // add rax, 2; syscall
    expect(run(0x48, 0x83, 0xc0, 0x02, ...SYSCALL)).toEqual({ kind: 'syscall' });
    expect([get(RAX), vcpu.pc, get(RCX)]).toEqual([42n, CODE + 6, BigInt(CODE + 6)]);
    expect(kvm.stats).toMatchObject({ syscalls: 1, translated: 0, translatedTurns: 0 });
  });

  it('is subject to protections, and to changes of them', () => {
    set(RDX, BigInt(DATA));
    const allowed: string[] = [];
    const tryBoth = (): void => {
      allowed.push([load, store].map((code) => (run(...code).kind === 'syscall' ? 'yes' : 'no')).join());
    };
    tryBoth();
    for (const protection of [READ, READ | WRITE, 0, READ, READ | WRITE]) {
      space.protect(DATA, PAGE_SIZE, protection);
      tryBoth();
    }
    space.unmap(DATA, PAGE_SIZE);
    tryBoth();
    space.map({ address: DATA, length: PAGE_SIZE, protection: READ, placement: 'replace' });
    tryBoth();
    expect(allowed).toEqual(['yes,yes', 'yes,no', 'yes,yes', 'no,no', 'yes,no', 'yes,yes', 'no,no', 'yes,no']);
  });

  it('cannot execute what it may only read, even if it could before', () => {
    space.poke(DATA, Uint8Array.from(SYSCALL));
    set(RDX, BigInt(DATA));
    const jump = [0xff, 0xe2];
    expect(run(...jump)).toMatchObject({ trap: { kind: 'memory-fault', access: 'execute', address: BigInt(DATA) } });
    space.protect(DATA, PAGE_SIZE, READ | EXECUTE);
    expect(run(...jump).kind).toBe('syscall');
    space.protect(DATA, PAGE_SIZE, READ);
    expect(run(...jump)).toMatchObject({ trap: { kind: 'memory-fault', access: 'execute' } });
  });

  it('reaches neither the runtime nor the tables', () => {
    const { guestLimit, permissions, vcpus } = space.memory.layout;
    for (const at of [0, guestLimit, permissions, vcpus, 2 ** 32, 2 ** 32 + 0x10000]) {
      set(RDX, BigInt(at));
      expect(run(...load)).toMatchObject({ trap: { kind: 'memory-fault', address: BigInt(at) } });
      expect(run(...store)).toMatchObject({ trap: { kind: 'memory-fault', address: BigInt(at) } });
    }
    set(RDX, SYSCALL_STUB);
    expect(trapOf(run(...load))).toBe('memory-fault');
    expect(trapOf(run(...store))).toBe('memory-fault');
  });

  it('has no privileges', () => {
    const forbidden = {
      hlt: [0xf4],
      cli: [0xfa],
      'in al, 80h': [0xe4, 0x80],
      'out 80h, al': [0xe6, 0x80],
      'mov cr3, rax': [0x0f, 0x22, 0xd8],
      'mov rax, cr0': [0x0f, 0x20, 0xc0],
      rdmsr: [0x0f, 0x32],
      wrmsr: [0x0f, 0x30],
      sysret: [0x48, 0x0f, 0x07],
      'invlpg [rdx]': [0x0f, 0x01, 0x3a],
      swapgs: [0x0f, 0x01, 0xf8],
      'int 80h': [0xcd, 0x80],
    };
    for (const [name, code] of Object.entries(forbidden))
      expect(`${name}: ${String(trapOf(run(...code, ...SYSCALL)))}`).toMatch(/: (protection|illegal-instruction)$/);
    // KVM answers calls to it by itself: user code may make none (KVM_EPERM).
    for (const hypercall of [0xc1, 0xd9]) {
      const exit = run(0x0f, 0x01, hypercall, ...SYSCALL);
      if (exit.kind === 'syscall') expect(BigInt.asIntN(64, get(RAX))).toBe(-1n);
      else expect(trapOf(exit)).toMatch(/protection|illegal-instruction/);
    }
    // A jump to where system calls go is a system call, after which execution goes on at rcx.
    set(RDX, SYSCALL_STUB);
    set(RCX, BigInt(CODE + 0x20));
    expect(run(0xff, 0xe2).kind).toBe('syscall');
    expect(vcpu.pc).toBe(CODE + 0x20);
  });

  it('raises exceptions at the instruction, with its state', () => {
    set(RAX, 7n);
    set(RDX, 0n);
    set(RCX, 0n);
    // inc rax; div rcx
    expect(run(0x48, 0xff, 0xc0, 0x48, 0xf7, 0xf1)).toMatchObject({ trap: { kind: 'integer-divide', pc: CODE + 3 } });
    expect([get(RAX), vcpu.pc]).toEqual([8n, CODE + 3]);
    expect(run(0x90, 0xcc)).toMatchObject({ trap: { kind: 'breakpoint', pc: CODE + 1 } });
    expect(run(0x90, 0xcd, 0x03)).toMatchObject({ trap: { kind: 'breakpoint', pc: CODE + 1 } });
    expect(run(0x90, 0x0f, 0x0b)).toMatchObject({ trap: { kind: 'illegal-instruction', pc: CODE + 1 } });
  });

  it('faults at its address even in instructions that the translator does not know', () => {
    set(RDX, 0x600000n);
    // vmovdqu64 [rdx], zmm16 (EVEX): not advertised; some processors execute it all the same.
    const exit = run(0x62, 0xe1, 0xfe, 0x48, 0x7f, 0x02);
    const [illegal, fault] = [
      { kind: 'illegal-instruction', pc: CODE },
      { kind: 'memory-fault', pc: CODE, address: 0x600000n, access: 'write' },
    ];
    expect([illegal, fault]).toContainEqual(exit.kind === 'trap' && { ...illegal, ...exit.trap, encoding: undefined });
  });

  it('has the CPUID that it is given', () => {
    const leaf = (number: number): bigint[] => {
      set(RCX, 0n);
      expect(run(0xb8, number & 0xff, 0, 0, number >>> 24, 0x0f, 0xa2, 0x48, 0x89, 0xcf, ...SYSCALL).kind).toBe(
        'syscall',
      );
      return [get(RAX), get(RBX)];
    };
    for (const { leaf: number, eax, subleaf } of cpuidLeaves('v3'))
      if (subleaf === null) expect(leaf(number)[0]).toBe(BigInt(eax));
    const AVX512F = 1n << 16n;
    expect(leaf(7)[1]! & AVX512F).toBe(0n);
  });

  it('has its vector registers, whoever looks at them', () => {
    for (const [slots, byte] of [
      [vectorSlots, 0x11],
      [ymmHighSlots, 0x22],
    ] as const)
      vcpu.slotBytes(slots[1]!, 16).fill(byte);
    set(RDX, BigInt(DATA));
    // vmovdqu [rdx], ymm1; vpaddb ymm2, ymm1, ymm1; syscall
    expect(run(0xc5, 0xfe, 0x7f, 0x0a, 0xc5, 0xf5, 0xfc, 0xd1, ...SYSCALL).kind).toBe('syscall');
    const stored = space.memory.bytes.subarray(DATA, DATA + 32);
    expect([stored[0], stored[15], stored[16], stored[31]]).toEqual([0x11, 0x11, 0x22, 0x22]);
    expect([vcpu.slotBytes(vectorSlots[2]!, 16)[0], vcpu.slotBytes(ymmHighSlots[2]!, 16)[15]]).toEqual([0x22, 0x44]);
  });

  it('sees its own stores to code at once', () => {
    space.protect(CODE, PAGE_SIZE, READ | WRITE | EXECUTE);
    // mov byte [rip + 1], 5; mov eax, 1 (whose 1 it is); syscall
    expect(run(0xc6, 0x05, 1, 0, 0, 0, 5, 0xb8, 1, 0, 0, 0, ...SYSCALL).kind).toBe('syscall');
    expect(get(RAX)).toBe(5n);
  });

  it('gives the host a turn, even if it never ends', () => {
    space.poke(CODE, Uint8Array.of(0xeb, 0xfe));
    vcpu.pc = CODE;
    for (let turn = 0; turn < 3; turn++) expect(vcpu.run(1e9)).toEqual({ kind: 'budget' });
    expect(vcpu.pc).toBe(CODE);
    expect(kvm.stats.interruptions).toBe(3);
  });
});
