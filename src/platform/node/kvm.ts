/**
 * Linux's KVM through the optional dependency koffi: the ioctls of Documentation/virt/kvm/api.rst, and a timer whose signal
 * makes KVM_RUN return. What is in the structures is the caller's business.
 */
import { UnsupportedError } from '../../common/errors.ts';
import type { ProcessorSetup, VirtualMachine, VirtualProcessor, Virtualization } from '../types.ts';
import { loadKoffi, type Koffi, type NativeFunction } from './koffi.ts';

const IOCTL = {
  CREATE_VM: 0xae01,
  GET_VCPU_MMAP_SIZE: 0xae04,
  CREATE_VCPU: 0xae41,
  RUN: 0xae80,
  GET_SUPPORTED_CPUID: 0xc008ae05,
  SET_USER_MEMORY_REGION: 0x4020ae46,
  GET_SREGS: 0x8138ae83,
  SET_MSRS: 0x4008ae89,
  SET_SIGNAL_MASK: 0x4004ae8b,
  SET_CPUID2: 0x4008ae90,
  GET_XSAVE: 0x9000aea4,
  SET_XSAVE: 0x5000aea5,
  SET_XCRS: 0x4188aea7,
} as const;

const [O_RDWR, O_CLOEXEC] = [0x2, 0x80000];
const [PROT_NONE, PROT_READ_WRITE] = [0, 3];
const [MAP_SHARED, MAP_PRIVATE_ANONYMOUS] = [0x01, 0x22];
const [EINTR, EFAULT] = [4, 14];
const MAX_CPUID = 256;
const CPUID_ENTRY = 40;
/** A real-time signal that neither libc nor V8 uses; it stays blocked outside of KVM_RUN. */
const KICK = 61;
const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD_ID = 4;
const SYS_GETTID = 186;
const SIGSET_SIZE = 128;
const KERNEL_SIGSET_SIZE = 8;

const PROTOTYPES = {
  open: 'int open(const char *path, int flags)',
  close: 'int close(int fd)',
  ioctl: 'int ioctl(int fd, unsigned long request, void *argument)',
  ioctlNumber: 'int ioctl(int fd, unsigned long request, long argument)',
  mmap: 'void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)',
  munmap: 'int munmap(void *address, size_t length)',
  mprotect: 'int mprotect(void *address, size_t length, int flags)',
  /** Its result is its first argument: the address of a typed array. */
  memmove: 'uintptr_t memmove(void *to, void *from, size_t length)',
  syscall: 'long syscall(long number)',
  maskSignals: 'int pthread_sigmask(int how, void *set, void *old)',
  takeSignal: 'int sigtimedwait(void *set, void *info, void *timeout)',
  createTimer: 'int timer_create(int clock, void *event, void *timer)',
  setTimer: 'int timer_settime(void *timer, int flags, void *value, void *old)',
} as const;

type Library = Readonly<Record<keyof typeof PROTOTYPES, (...args: readonly unknown[]) => number | bigint>>;

function openLibrary(koffi: Koffi): Library {
  const library = koffi.load(null);
  const functions = Object.entries(PROTOTYPES).map(([name, prototype]): [string, NativeFunction] => [
    name,
    library.func(prototype),
  ]);
  return Object.fromEntries(functions) as Library;
}

/** What failed, with the error's number: these are calls that work when the probe did. */
class Calls {
  readonly library: Library;
  readonly koffi: Koffi;

  constructor() {
    this.koffi = loadKoffi();
    this.library = openLibrary(this.koffi);
  }

  check(result: number | bigint, what: string): number {
    if (Number(result) >= 0) return Number(result);
    const errno = this.koffi.errno();
    throw new UnsupportedError('kvm', `the host's KVM fails at ${what} (errno ${String(errno)}); use --accel wasm`, {
      context: { errno },
    });
  }

  ioctl(fd: number, name: keyof typeof IOCTL, argument: Uint8Array): number {
    return this.check(this.library.ioctl(fd, IOCTL[name], argument), `KVM_${name}`);
  }

  ioctlNumber(fd: number, name: keyof typeof IOCTL, argument: number): number {
    return this.check(this.library.ioctlNumber(fd, IOCTL[name], argument), `KVM_${name}`);
  }

  addressOf(bytes: Uint8Array): bigint {
    return BigInt(this.library.memmove(bytes, bytes, 0));
  }

  /** Zeroed pages, or those of a descriptor, with the pointer to give back. */
  map(length: number, fd: number): { readonly pointer: unknown; readonly bytes: Uint8Array } {
    const flags = fd === -1 ? MAP_PRIVATE_ANONYMOUS : MAP_SHARED;
    const pointer: unknown = this.library.mmap(null, length, PROT_READ_WRITE, flags, fd, 0);
    return { pointer, bytes: new Uint8Array(this.koffi.view(pointer, length)) };
  }
}

/** A timer of this thread's, whose signal ends KVM_RUN; a slice that ended elsewhere makes the next one end at once. */
class Slices {
  readonly #library: Library;
  readonly #timer: bigint;
  readonly #set = new Uint8Array(SIGSET_SIZE);
  readonly #value = new Uint8Array(32);
  readonly #zero = new Uint8Array(16);
  #nanoseconds = 0;
  #isArmed = false;

  constructor(calls: Calls) {
    const { library } = calls;
    this.#library = library;
    const [index, bit] = [(KICK - 1) >> 3, (KICK - 1) & 7];
    this.#set[index] = 1 << bit;
    calls.check(library.maskSignals(0, this.#set, null), 'pthread_sigmask');
    const event = new DataView(new ArrayBuffer(64));
    event.setInt32(8, KICK, true);
    event.setInt32(12, SIGEV_THREAD_ID, true);
    event.setInt32(16, Number(library.syscall(SYS_GETTID)), true);
    const timer = new BigUint64Array(1);
    calls.check(library.createTimer(CLOCK_MONOTONIC, new Uint8Array(event.buffer), timer), 'timer_create');
    this.#timer = timer[0] ?? 0n;
  }

  /** Begins a slice unless one is running. */
  begin(nanoseconds: number): void {
    if (this.#isArmed) return;
    if (nanoseconds !== this.#nanoseconds) {
      new DataView(this.#value.buffer).setBigInt64(24, BigInt(nanoseconds), true);
      this.#nanoseconds = nanoseconds;
    }
    this.#library.setTimer(this.#timer, 0, this.#value, null);
    this.#isArmed = true;
  }

  /** KVM_RUN was interrupted: perhaps by the slice's end. */
  end(): void {
    if (Number(this.#library.takeSignal(this.#set, null, this.#zero)) === KICK) this.#isArmed = false;
  }
}

class KvmProcessor implements VirtualProcessor {
  readonly shared: DataView;
  readonly #calls: Calls;
  readonly #slices: Slices;
  readonly #fd: number;
  readonly #mapping: { readonly pointer: unknown; readonly bytes: Uint8Array };
  readonly #xsave = new Uint8Array(4096);

  constructor(calls: Calls, slices: Slices, fd: number, sharedSize: number, setup: ProcessorSetup) {
    this.#calls = calls;
    this.#slices = slices;
    this.#fd = fd;
    this.#mapping = calls.map(sharedSize, fd);
    this.shared = new DataView(this.#mapping.bytes.buffer);
    calls.ioctl(fd, 'SET_CPUID2', listOf(setup.cpuid, setup.cpuid.length / CPUID_ENTRY));
    calls.ioctl(fd, 'GET_SREGS', setup.initialSregs);
    const msrs = new DataView(new ArrayBuffer(setup.msrs.length * 16));
    for (const [index, [msr, value]] of setup.msrs.entries()) {
      msrs.setUint32(index * 16, msr, true);
      msrs.setBigUint64(index * 16 + 8, value, true);
    }
    calls.ioctl(fd, 'SET_MSRS', listOf(new Uint8Array(msrs.buffer), setup.msrs.length));
    // All signals are open while the guest runs; this thread has the kick blocked, so that it stays pending for `Slices`.
    const mask = new Uint8Array(4 + KERNEL_SIGSET_SIZE);
    mask[0] = KERNEL_SIGSET_SIZE;
    calls.ioctl(fd, 'SET_SIGNAL_MASK', mask);
  }

  setXcr0(value: number): void {
    const xcrs = new DataView(new ArrayBuffer(392));
    xcrs.setUint32(0, 1, true);
    xcrs.setBigUint64(16, BigInt(value), true);
    this.#calls.ioctl(this.#fd, 'SET_XCRS', new Uint8Array(xcrs.buffer));
  }

  run(slice: number): 'exit' | 'interrupted' | 'memory-fault' {
    this.#slices.begin(slice);
    const result = this.#calls.library.ioctlNumber(this.#fd, IOCTL.RUN, 0);
    if (result === 0) return 'exit';
    const errno = this.#calls.koffi.errno();
    if (errno === EINTR) {
      this.#slices.end();
      return 'interrupted';
    }
    if (errno === EFAULT) return 'memory-fault';
    this.#calls.check(result, 'KVM_RUN');
    return 'exit';
  }

  readXsave(): Uint8Array {
    this.#calls.ioctl(this.#fd, 'GET_XSAVE', this.#xsave);
    return this.#xsave;
  }

  writeXsave(area: Uint8Array): void {
    this.#xsave.fill(0);
    this.#xsave.set(area);
    this.#calls.ioctl(this.#fd, 'SET_XSAVE', this.#xsave);
  }

  close(): void {
    const { library } = this.#calls;
    library.munmap(this.#mapping.pointer, this.#mapping.bytes.length);
    library.close(this.#fd);
  }
}

/** A count and padding, then entries: as CPUID and MSRs go over. */
function listOf(entries: Uint8Array, count: number): Uint8Array {
  const list = new Uint8Array(8 + entries.length);
  new DataView(list.buffer).setUint32(0, count, true);
  list.set(entries, 8);
  return list;
}

class KvmMachine implements VirtualMachine {
  readonly #calls: Calls;
  readonly #slices: Slices;
  readonly #fd: number;
  readonly #sharedSize: number;
  readonly #processors: KvmProcessor[] = [];
  readonly #mappings: { readonly pointer: unknown; readonly bytes: Uint8Array }[] = [];
  #slots = 0;
  #closed = false;

  constructor(calls: Calls, slices: Slices, fd: number, sharedSize: number) {
    this.#calls = calls;
    this.#slices = slices;
    this.#fd = fd;
    this.#sharedSize = sharedSize;
  }

  addMemory(physical: number, bytes: Uint8Array): void {
    const region = new DataView(new ArrayBuffer(32));
    region.setUint32(0, this.#slots++, true);
    region.setBigUint64(8, BigInt(physical), true);
    region.setBigUint64(16, BigInt(bytes.length), true);
    region.setBigUint64(24, this.#calls.addressOf(bytes), true);
    this.#calls.ioctl(this.#fd, 'SET_USER_MEMORY_REGION', new Uint8Array(region.buffer));
  }

  allocate(size: number): Uint8Array {
    const mapping = this.#calls.map(size, -1);
    this.#mappings.push(mapping);
    return mapping.bytes;
  }

  forget(bytes: Uint8Array): void {
    for (const flags of [PROT_NONE, PROT_READ_WRITE])
      this.#calls.check(this.#calls.library.mprotect(bytes, bytes.length, flags), 'mprotect');
  }

  createProcessor(setup: ProcessorSetup): VirtualProcessor {
    const fd = this.#calls.ioctlNumber(this.#fd, 'CREATE_VCPU', this.#processors.length);
    const processor = new KvmProcessor(this.#calls, this.#slices, fd, this.#sharedSize, setup);
    this.#processors.push(processor);
    return processor;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const processor of this.#processors) processor.close();
    this.#calls.library.close(this.#fd);
    for (const { pointer, bytes } of this.#mappings) this.#calls.library.munmap(pointer, bytes.length);
  }
}

class Kvm implements Virtualization {
  readonly #calls = new Calls();
  readonly #slices: Slices;
  readonly #fd: number;
  readonly #sharedSize: number;
  readonly supportedCpuid: Uint8Array;
  readonly virtualizesCpuid: boolean;

  constructor(virtualizesCpuid: boolean) {
    this.virtualizesCpuid = virtualizesCpuid;
    const calls = this.#calls;
    this.#fd = calls.check(calls.library.open('/dev/kvm', O_RDWR | O_CLOEXEC), 'opening /dev/kvm');
    this.#slices = new Slices(calls);
    this.#sharedSize = calls.ioctlNumber(this.#fd, 'GET_VCPU_MMAP_SIZE', 0);
    const list = listOf(new Uint8Array(MAX_CPUID * CPUID_ENTRY), MAX_CPUID);
    calls.ioctl(this.#fd, 'GET_SUPPORTED_CPUID', list);
    const count = new DataView(list.buffer).getUint32(0, true);
    this.supportedCpuid = list.subarray(8, 8 + count * CPUID_ENTRY);
  }

  createMachine(): VirtualMachine {
    const fd = this.#calls.ioctlNumber(this.#fd, 'CREATE_VM', 0);
    return new KvmMachine(this.#calls, this.#slices, fd, this.#sharedSize);
  }
}

let opened: Kvm | undefined;

/** KVM, where the probe found that it works (kvm-probe.ts). Throws `UnsupportedError` where it does not after all. */
export function openKvm(virtualizesCpuid: boolean): Virtualization {
  return (opened ??= new Kvm(virtualizesCpuid));
}
