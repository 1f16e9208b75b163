/** Signal numbers, default actions, siginfo and queues (signal(7), uapi/asm-generic/{signal,siginfo}.h). */

export const SIGNAL = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;
export type SignalName = keyof typeof SIGNAL;

export const SIGNAL_COUNT = 64;
export const FIRST_REALTIME = 32;

const names = new Map<number, string>(Object.entries(SIGNAL).map(([name, number]) => [number, name]));

/** `SIGSEGV`, `SIGRTMIN+3` ... */
export function signalName(signal: number): string {
  return names.get(signal) ?? (signal === 32 ? 'SIGRTMIN' : `SIGRTMIN+${String(signal - FIRST_REALTIME)}`);
}

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SA_SIGINFO = 0x4;
export const SA_NOCLDSTOP = 0x1;
export const SA_NOCLDWAIT = 0x2;
/** The restorer field holds something (where there is one). */
export const SA_RESTORER = 0x04000000;
export const SA_ONSTACK = 0x08000000;
export const SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000;
export const SA_RESETHAND = 0x80000000;

export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_TKILL = -6;
export const SI_TIMER = -2;
export const SI_MESGQ = -3;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const ILL_ILLOPC = 1;
export const FPE_INTDIV = 1;
export const FPE_FLTDIV = 3;
export const FPE_FLTOVF = 4;
export const FPE_FLTUND = 5;
export const FPE_FLTRES = 6;
export const FPE_FLTINV = 7;
export const TRAP_BRKPT = 1;

export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

const coreSignals: readonly SignalName[] = [
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGSYS',
];
const actions = new Map<number, DefaultAction>([
  ...coreSignals.map((name) => [SIGNAL[name], 'core'] as const),
  [SIGNAL.SIGCHLD, 'ignore'],
  [SIGNAL.SIGURG, 'ignore'],
  [SIGNAL.SIGWINCH, 'ignore'],
  [SIGNAL.SIGCONT, 'continue'],
  [SIGNAL.SIGSTOP, 'stop'],
  [SIGNAL.SIGTSTP, 'stop'],
  [SIGNAL.SIGTTIN, 'stop'],
  [SIGNAL.SIGTTOU, 'stop'],
]);

export function defaultAction(signal: number): DefaultAction {
  return actions.get(signal) ?? 'terminate';
}

export function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}

/** SIGKILL and SIGSTOP can be neither blocked nor caught. */
export const UNBLOCKABLE = signalBit(SIGNAL.SIGKILL) | signalBit(SIGNAL.SIGSTOP);

export interface SignalAction {
  /** SIG_DFL, SIG_IGN or an address. */
  readonly handler: number;
  /** Unsigned 32 bits. */
  readonly flags: number;
  /** 0 where the guest's Linux has none, or none was given. */
  readonly restorer: number;
  readonly mask: bigint;
}

export const defaultSignalAction: SignalAction = { handler: SIG_DFL, flags: 0, restorer: 0, mask: 0n };

/** The part of siginfo_t that depends on where the signal comes from. */
export type SignalOrigin =
  | { readonly kind: 'user'; readonly pid: number; readonly uid: number }
  | { readonly kind: 'fault'; readonly address: bigint }
  | { readonly kind: 'timer'; readonly id: number; readonly overrun: number; readonly value: bigint }
  | {
      readonly kind: 'child';
      readonly pid: number;
      readonly uid: number;
      readonly status: number;
      /** Nanoseconds. */
      readonly userTime: bigint;
    }
  /** rt_sigqueueinfo: 128 bytes given by the sender. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  /** A file is ready: poll(2) events, and the descriptor. */
  | { readonly kind: 'file'; readonly band: number; readonly fd: number }
  | { readonly kind: 'kernel' };

export interface SignalInfo {
  readonly signal: number;
  readonly code: number;
  readonly origin: SignalOrigin;
}

/** si_utime and si_stime count these: 100 a second. */
const CLOCK_TICK = 10_000_000n;

export function kernelSignal(signal: number): SignalInfo {
  return { signal, code: SI_KERNEL, origin: { kind: 'kernel' } };
}

/** siginfo_t: si_signo, si_errno, si_code, and a union at 16. The layout is the same on all 64-bit guests. */
export function encodeSignalInfo(info: SignalInfo): Uint8Array {
  const { origin } = info;
  const bytes = origin.kind === 'raw' ? origin.bytes.slice() : new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.signal, true);
  if (origin.kind === 'raw') return bytes;
  view.setInt32(8, info.code, true);
  switch (origin.kind) {
    case 'user':
      view.setInt32(16, origin.pid, true);
      view.setUint32(20, origin.uid, true);
      break;
    case 'child':
      view.setInt32(16, origin.pid, true);
      view.setUint32(20, origin.uid, true);
      view.setInt32(24, origin.status, true);
      view.setBigInt64(32, origin.userTime / CLOCK_TICK, true);
      break;
    case 'fault':
      view.setBigUint64(16, BigInt.asUintN(64, origin.address), true);
      break;
    case 'timer':
      view.setInt32(16, origin.id, true);
      view.setInt32(20, origin.overrun, true);
      view.setBigUint64(24, BigInt.asUintN(64, origin.value), true);
      break;
    case 'file':
      view.setBigInt64(16, BigInt(origin.band), true);
      view.setInt32(24, origin.fd, true);
      break;
    case 'kernel':
      break;
  }
  return bytes;
}

/** Signals that were sent and not delivered yet. Standard signals are kept once, real-time signals all. */
export class SignalQueue {
  readonly #waiting: SignalInfo[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Mask of the signals that wait. */
  get mask(): bigint {
    return this.#waiting.reduce((mask, info) => mask | signalBit(info.signal), 0n);
  }

  /** False when the signal was pending already. */
  push(info: SignalInfo): boolean {
    if (info.signal < FIRST_REALTIME && this.#waiting.some((other) => other.signal === info.signal)) return false;
    this.#waiting.push(info);
    return true;
  }

  /** Takes the first of the lowest-numbered signals in `accepted`. */
  take(accepted: bigint): SignalInfo | undefined {
    let best = -1;
    this.#waiting.forEach((info, index) => {
      if ((accepted & signalBit(info.signal)) === 0n) return;
      if (best === -1 || info.signal < (this.#waiting[best]?.signal ?? 0)) best = index;
    });
    return best === -1 ? undefined : this.#waiting.splice(best, 1)[0];
  }

  discard(signals: bigint): void {
    while (this.take(signals) !== undefined);
  }
}
