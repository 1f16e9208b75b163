/** Delivers signals to a thread: default actions, handlers, sigreturn (kernel/signal.c, arch/.../signal.c). */
import type { GuestTrap } from '../../engine/exit.ts';
import type { AddressSpace } from '../../memory/address-space.ts';
import { AccessFault } from '../../memory/user-memory.ts';
import { ERRNO } from '../errno.ts';
import { attempt, complete, traceResult } from './calls.ts';
import {
  defaultAction,
  encodeSignalInfo,
  kernelSignal,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SA_RESTORER,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGNAL,
  signalBit,
  type SignalAction,
  type SignalInfo,
} from './signals.ts';
import { SS_DISABLE, type Thread } from './thread.ts';
import { signalOfTrap } from './traps.ts';
import { callVsyscall } from './vsyscall.ts';
import type { Wait } from './wait.ts';

/** True when the access can be made now, and the instruction is to be run again. */
function resolves(space: AddressSpace, { address, access, imprecise }: GuestTrap & { kind: 'memory-fault' }): boolean {
  return address !== null && imprecise !== true && space.handleFault(address, access);
}

const isFetch = (trap: GuestTrap): trap is GuestTrap & { kind: 'memory-fault'; address: bigint } =>
  trap.kind === 'memory-fault' && trap.access === 'execute' && trap.address !== null;

/** Takes a trap of the thread's own instruction: the stack grows, or the guest gets a signal. */
export function deliverTrap(thread: Thread, trap: GuestTrap): void {
  const { space } = thread.process;
  if (trap.kind === 'memory-fault' && resolves(space, trap)) return;
  const called = isFetch(trap) ? callVsyscall(thread, trap.address) : 'elsewhere';
  if (called === 'returned') return;
  const info = called === 'fault' ? kernelSignal(SIGNAL.SIGSEGV) : signalOfTrap(trap, thread);
  forceSignal(thread, info, called === 'fault' ? null : trap);
}

/** Delivers a signal that the program's own instruction raised: it cannot be blocked or ignored. */
export function forceSignal(thread: Thread, info: SignalInfo, trap: GuestTrap | null): void {
  const { process } = thread;
  const action = process.signals.action(info.signal);
  const blocked = (thread.mask & signalBit(info.signal)) !== 0n;
  if (blocked || action.handler === SIG_IGN || action.handler === SIG_DFL) {
    process.kernel.tracer?.signal(thread, info, 'terminate');
    process.kill(info.signal, trap);
  } else enterHandler(thread, info, action, trap);
}

/**
 * Delivers pending signals. `wait` is the system call that they interrupt, if any. False when none of them ended
 * it: the call goes on waiting.
 */
export function deliverSignals(thread: Thread, wait: Wait | null): boolean {
  const { process } = thread;
  let interrupted = false;
  for (let info = nextSignal(thread); info !== undefined; info = nextSignal(thread)) {
    const action = process.signals.action(info.signal);
    if (action.handler === SIG_IGN) continue;
    if (action.handler === SIG_DFL) {
      takeDefaultAction(thread, info);
      continue;
    }
    if (wait !== null && !interrupted) interruptCall(thread, wait, action);
    interrupted = true;
    enterHandler(thread, info, action, null);
  }
  return interrupted || process.exit !== null;
}

function nextSignal(thread: Thread): SignalInfo | undefined {
  const { exit, signals } = thread.process;
  return exit !== null || signals.stopped ? undefined : signals.takeDeliverable(thread);
}

function takeDefaultAction(thread: Thread, info: SignalInfo): void {
  const { process } = thread;
  const { signal } = info;
  const action = defaultAction(signal);
  if (action === 'terminate' || action === 'core') {
    process.kernel.tracer?.signal(thread, info, 'terminate');
    process.kill(signal);
  } else if (action === 'stop') {
    process.kernel.tracer?.signal(thread, info, 'stop');
    process.kernel.jobs.stop(process, signal);
  }
}

/** Gives a waiting call its result before the handler's frame saves the registers. */
function interruptCall(thread: Thread, wait: Wait, action: SignalAction): void {
  const { restartable, onInterrupt } = wait.options;
  if (restartable !== 'always' && (!restartable || (action.flags & SA_RESTART) === 0)) {
    complete(
      thread,
      attempt(thread, () => onInterrupt?.() ?? -ERRNO.EINTR),
    );
    return;
  }
  traceResult(thread, 'restart');
  thread.process.abi.restartSyscall(thread.vcpu, thread.argument0);
}

function enterHandler(thread: Thread, info: SignalInfo, action: SignalAction, trap: GuestTrap | null): void {
  const { process, vcpu } = thread;
  const { abi } = process;
  const stackPointer = abi.stackPointer(vcpu);
  const alternate = thread.alternateStack;
  const switches =
    (action.flags & SA_ONSTACK) !== 0 && (alternate.flags & SS_DISABLE) === 0 && !thread.onAlternateStack(stackPointer);
  try {
    abi.enterSignalHandler(vcpu, process.memory, {
      signal: info.signal,
      handler: action.handler,
      restorer: (action.flags & SA_RESTORER) !== 0 ? action.restorer : (process.image?.sigreturn ?? 0),
      stackTop: switches ? alternate.address + alternate.size : stackPointer,
      info: encodeSignalInfo(info),
      mask: thread.savedMask ?? thread.mask,
      alternateStack: thread.describeAlternateStack(stackPointer),
      trap,
    });
  } catch (error) {
    if (!(error instanceof AccessFault)) throw error;
    stackUnusable(thread, info.signal, trap);
    return;
  }
  process.kernel.tracer?.signal(thread, info, 'handle');
  thread.savedMask = null;
  const added = action.mask | ((action.flags & SA_NODEFER) === 0 ? signalBit(info.signal) : 0n);
  thread.mask |= added;
  if ((action.flags & SA_RESETHAND) !== 0) process.signals.setAction(info.signal, { ...action, handler: SIG_DFL });
}

/** No frame can be built: SIGSEGV, which is fatal when it is the one that has no frame. */
function stackUnusable(thread: Thread, signal: number, trap: GuestTrap | null): void {
  const { process, vcpu } = thread;
  const address = BigInt.asUintN(64, BigInt(process.abi.stackPointer(vcpu)));
  const fault: GuestTrap = trap ?? { kind: 'memory-fault', pc: vcpu.pc, address, access: 'write' };
  if (signal === SIGNAL.SIGSEGV) process.kill(signal, fault);
  else forceSignal(thread, kernelSignal(SIGNAL.SIGSEGV), fault);
}

/** rt_sigreturn(2). */
export function leaveHandler(thread: Thread): void {
  const { process, vcpu } = thread;
  const restored = attempt(thread, () => process.abi.leaveSignalHandler(vcpu, process.memory));
  if (typeof restored === 'number' || restored === null) {
    forceSignal(thread, kernelSignal(SIGNAL.SIGSEGV), null);
    return;
  }
  thread.mask = restored.mask;
  const { address, flags, size } = restored.alternateStack;
  thread.alternateStack = { address, flags: flags & ~1, size };
}
