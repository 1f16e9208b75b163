/**
 * Runs a guest of a few instructions under KVM, as far as Hospes relies on it: user code in 64-bit mode, `syscall`, a page
 * that becomes read-only, and a timer's signal that ends an endless loop. Tells how many nanoseconds a system call takes, and
 * whether CPUID says what it is given. Runs in a process of its own, which gets its source text: it must not use anything from
 * outside.
 *
 * Physical and virtual addresses are the same. Below 2 MiB lie tables that are the processor's own: page tables from 0x1000,
 * gates at 0x5000, `hlt` for `syscall` at 0x6000 and for vector v at 0x6100 + 16 v, descriptors at 0x7000, task state at
 * 0x7800, a stack below 0x9000. The program's code is at 0x200000, its data at 0x201000.
 */
import type { ChildProbe } from './probes/child.ts';

interface Library {
  func(prototype: string): (...args: readonly unknown[]) => number;
}

interface ProbeKoffi {
  load(path: null): Library;
  errno(): number;
  view(pointer: unknown, length: number): ArrayBuffer;
}

/** The argument: where koffi lies. Returns nanoseconds, and `virtual` or `native`. */
export const probeKvmIn: ChildProbe<string> = ({ require }, path) => {
  const koffi = require(path) as ProbeKoffi;
  const library = koffi.load(null);
  const open = library.func('int open(const char *path, int flags)');
  const ioctl = library.func('int ioctl(int fd, unsigned long request, void *argument)');
  const ioctlNumber = library.func('int ioctl(int fd, unsigned long request, long argument)');
  const mmap = library.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)');
  const mprotect = library.func('int mprotect(void *address, size_t length, int flags)');
  const addressOf = library.func('uintptr_t memmove(void *to, void *from, size_t length)');
  const check = (result: number, what: string): number => {
    if (result >= 0) return result;
    throw new Error(`${what} fails with errno ${String(koffi.errno())}`);
  };
  const expect = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };

  const kvm = check(open('/dev/kvm', 2), 'opening /dev/kvm');
  expect(ioctlNumber(kvm, 0xae00, 0) === 12, 'its API is not version 12');
  // KVM_CAP_SYNC_REGS: registers, system registers, events.
  expect((ioctlNumber(kvm, 0xae03, 74) & 7) === 7, 'it does not share registers (KVM_CAP_SYNC_REGS)');
  const machine = check(ioctlNumber(kvm, 0xae01, 0), 'KVM_CREATE_VM');
  const size = 0x400000;
  const memory = new Uint8Array(koffi.view(mmap(null, size, 3, 0x22, -1, 0), size));
  const view = new DataView(memory.buffer);
  const region = new BigUint64Array([0n, 0n, BigInt(size), BigInt(addressOf(memory, memory, 0))]);
  check(ioctl(machine, 0x4020ae46, region), 'KVM_SET_USER_MEMORY_REGION');
  const processor = check(ioctlNumber(machine, 0xae41, 0), 'KVM_CREATE_VCPU');
  const sharedSize = check(ioctlNumber(kvm, 0xae04, 0), 'KVM_GET_VCPU_MMAP_SIZE');
  const run = new DataView(koffi.view(mmap(null, sharedSize, 3, 1, processor, 0), sharedSize));

  const cpuid = new Uint8Array(8 + 256 * 40);
  cpuid[1] = 1;
  check(ioctl(kvm, 0xc008ae05, cpuid), 'KVM_GET_SUPPORTED_CPUID');
  const leaves = new DataView(cpuid.buffer);
  // Another model in leaf 1, and none of the features that leaf 7 has in ebx: some hosts hand on one and not the other.
  const signature = 0x00012345;
  for (let at = 8; at < cpuid.length; at += 40) {
    if (leaves.getUint32(at, true) === 1) leaves.setUint32(at + 12, signature, true);
    if (leaves.getUint32(at, true) === 7) leaves.setUint32(at + 16, 0, true);
  }
  check(ioctl(processor, 0x4008ae90, cpuid), 'KVM_SET_CPUID2');
  const entries: [number, bigint][] = [
    [0x1000, 0x2027n],
    [0x2000, 0x3027n],
    [0x3000, 0xe3n],
    [0x3008, 0x4027n],
    // The program's code and data.
    [0x4000, 0x200065n],
    [0x4008, 0x201067n],
    [0x7008, 0x00af9b000000ffffn],
    [0x7010, 0x00cf93000000ffffn],
    [0x7028, 0x00cff3000000ffffn],
    [0x7030, 0x00affb000000ffffn],
    [0x7804, 0x9000n],
  ];
  for (const [at, value] of entries) view.setBigUint64(at, value, true);
  memory[0x6000] = 0xf4;
  for (let vector = 0; vector < 32; vector++) {
    memory[0x6100 + 16 * vector] = 0xf4;
    view.setBigUint64(0x5000 + 16 * vector, 0x8e0000080000n + BigInt(0x6100 + 16 * vector), true);
  }
  // mov [0x201000], eax; syscall; at 0x200010: jmp $; at 0x200020: cpuid; syscall
  memory.set([0x89, 0x04, 0x25, 0, 0x10, 0x20, 0, 0x0f, 0x05], 0x200000);
  memory.set([0xeb, 0xfe], 0x200010);
  memory.set([0x0f, 0xa2, 0x0f, 0x05], 0x200020);

  const sregs = new DataView(new ArrayBuffer(312));
  check(ioctl(processor, 0x8138ae83, new Uint8Array(sregs.buffer)), 'KVM_GET_SREGS');
  const segment = (at: number, base: number, limit: number, selector: number, flags: readonly number[]): void => {
    sregs.setBigUint64(at, BigInt(base), true);
    sregs.setUint32(at + 8, limit, true);
    sregs.setUint16(at + 12, selector, true);
    for (const [index, flag] of flags.entries()) sregs.setUint8(at + 14 + index, flag);
  };
  segment(0, 0, 0xffffffff, 0x33, [11, 1, 3, 0, 1, 1, 1, 0, 0]);
  for (let at = 24; at <= 120; at += 24) segment(at, 0, 0xffffffff, 0x2b, [3, 1, 3, 1, 1, 0, 1, 0, 0]);
  segment(144, 0x7800, 103, 0x40, [11, 1, 0, 0, 0, 0, 0, 0, 0]);
  const system: [number, bigint][] = [
    [192, 0x7000n],
    [200, 0x7fn],
    [208, 0x5000n],
    [216, 0x1ffn],
    [224, 0x80010033n],
    [240, 0x1000n],
    [248, 0x620n],
    [264, 0xd01n],
  ];
  for (const [at, value] of system) sregs.setBigUint64(at, value, true);
  const msrs = new BigUint64Array([3n, 0xc0000081n, 0x0023000800000000n, 0xc0000082n, 0x6000n, 0xc0000084n, 0x47700n]);
  check(ioctl(processor, 0x4008ae89, msrs), 'KVM_SET_MSRS');

  const enter = (rip: number, rax = 0x1234): number => {
    const bytes = new Uint8Array(run.buffer);
    bytes.fill(0, 304, 448);
    bytes.set(new Uint8Array(sregs.buffer), 448);
    run.setBigUint64(288, 3n, true);
    run.setBigUint64(296, 3n, true);
    run.setUint32(304, rax, true);
    run.setUint32(304 + 128, rip, true);
    run.setUint32(304 + 136, 0x202, true);
    return ioctlNumber(processor, 0xae80, 0);
  };
  const rip = (): number => Number(run.getBigUint64(304 + 128, true));
  const pushed = (index: number): number => Number(view.getBigUint64(0x9000 - 48 + 8 * index, true));
  const isPageFault = (): boolean => run.getUint32(8, true) === 5 && rip() >> 4 === 0x61e;
  const isSyscall = (): boolean =>
    run.getUint32(8, true) === 5 && (rip() >> 4 === 0x600 || (isPageFault() && pushed(1) === 0x6000));
  const isRunning = (): boolean => enter(0x200000) === 0 && isSyscall() && run.getUint32(304, true) === 0x1234;

  expect(isRunning(), 'a system call did not arrive');
  expect(view.getUint32(0x201000, true) === 0x1234, 'what the guest stored is not there');
  const begun = process.hrtime.bigint();
  for (let round = 0; round < 500; round++) expect(isRunning(), 'a later system call did not arrive');
  const each = Number(process.hrtime.bigint() - begun) / 500;
  view.setBigUint64(0x4008, 0x201065n, true);
  const asksCpuid = (leaf: number): boolean => enter(0x200020, leaf) === 0 && isSyscall();
  const isAsGiven = (leaf: number, register: number, value: number): boolean => {
    expect(asksCpuid(leaf), 'a program that asks CPUID does not go on');
    return run.getUint32(304 + 8 * register, true) === value;
  };
  const isVirtual = isAsGiven(1, 0, signature) && isAsGiven(7, 1, 0);
  const page = memory.subarray(0x201000, 0x202000);
  check(mprotect(page, 4096, 0) | mprotect(page, 4096, 3), 'mprotect');
  expect(enter(0x200000) === 0 && isPageFault() && pushed(1) === 0x200000, 'a page that became read-only is writable');

  const set = new Uint8Array(128);
  set[7] = 1 << 4;
  check(library.func('int pthread_sigmask(int how, void *set, void *old)')(0, set, null), 'pthread_sigmask');
  check(ioctl(processor, 0x4004ae8b, Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), 'KVM_SET_SIGNAL_MASK');
  const event = new Int32Array(16);
  event.set([61, 4, library.func('long syscall(long number)')(186)], 2);
  const timer = new BigUint64Array(1);
  check(library.func('int timer_create(int clock, void *event, void *timer)')(1, event, timer), 'timer_create');
  const arm = library.func('int timer_settime(void *timer, int flags, void *value, void *old)');
  check(arm(timer[0], 0, new BigUint64Array([0n, 0n, 0n, 2_000_000n]), null), 'timer_settime');
  expect(enter(0x200010) === -1 && koffi.errno() === 4 && rip() === 0x200010, 'a signal does not end an endless loop');
  return `${String(Math.round(each))} ${isVirtual ? 'virtual' : 'native'}`;
};
