/** execve(2): a process gets another program (fs/exec.c). */
import { LoadError } from '../../common/errors.ts';
import { afterExec, parseFileCapabilities, type Capabilities } from '../capabilities.ts';
import { fail } from '../errno.ts';
import { installProgram, prepareProgram, type PreparedProgram } from '../loader/program.ts';
import { openExecutable, type VfsExecutable } from '../process/executable.ts';
import type { MemoryContext } from '../process/memory-context.ts';
import { PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS } from '../process/controls.ts';
import { CLEARED_WITH_POWER, PERSONA } from '../process/personality.ts';
import type { Identity, Process } from '../process/process.ts';
import { RLIMIT } from '../process/rlimits.ts';
import { SIGNAL } from '../process/signals.ts';
import { noAlternateStack } from '../process/thread.ts';
import type { Personality } from '../process/vcpu.ts';
import { S_ISGID, S_ISUID, S_IXGRP } from '../vfs/constants.ts';
import { FILE_CAPABILITIES } from '../vfs/extended-attributes.ts';
import type { Location } from '../vfs/types.ts';
import { endOtherThreads, leaveMemory, releaseParent } from './ending.ts';

const COMM_LENGTH = 15;

export type Program = PreparedProgram<VfsExecutable>;

/** What a program's file changes about who runs it: credentials(7), bprm_fill_uid in fs/exec.c. */
interface NewIdentity {
  readonly ids: Identity;
  readonly capabilities: Capabilities;
  readonly isSecure: boolean;
}

/** Loads the first program of a process, or the next. Throws `LoadError`. */
export function execute(process: Process, path: string, argv: readonly Uint8Array[], env: readonly Uint8Array[]): void {
  const failure = install(process, prepare(process, path, argv), env);
  if (failure !== null) throw failure;
}

function identityFor(process: Process, location: Location): NewIdentity {
  const { ids } = process;
  const { inode } = location.dentry;
  const isTrusted = location.mount.flags.nosuid !== true;
  const gainsNothing = process.controls.get(PR_GET_NO_NEW_PRIVS) === 1;
  const isKept = !isTrusted || gainsNothing;
  const { mode, uid, gid } = inode.stat();
  const euid = !isKept && (mode & S_ISUID) !== 0 ? uid : ids.euid;
  // Without execution by the group the bit marks files for locking.
  const egid = !isKept && (mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) ? gid : ids.egid;
  const after = { ...ids, euid, suid: euid, fsuid: euid, egid, sgid: egid, fsgid: egid };
  const attribute = isTrusted ? inode.extendedAttributes?.get(FILE_CAPABILITIES) : undefined;
  const file = attribute === undefined ? null : parseFileCapabilities(attribute);
  const changesId = after.euid !== after.uid || after.egid !== after.gid;
  const result = afterExec(process.capabilities, { after, changesId, file, gainsNothing }) ?? fail('EPERM');
  return { ids: after, ...result };
}

/** Finds and checks a program and all that it needs. Throws `LoadError`, and changes nothing. */
export function prepare(process: Process, path: string, argv: readonly Uint8Array[]): Program {
  const { kernel, vfs, abi } = process;
  // A program that fits no guest is refused in the words of the present one.
  const abis = [abi, ...kernel.personalities.map((personality) => personality.abi).filter((other) => other !== abi)];
  return prepareProgram({ abis, path, argv, open: (name) => openExecutable(vfs, process, name) });
}

/**
 * Replaces the program. There is no way back: after a failure (which is returned) the process has none and is killed.
 */
export function install(process: Process, prepared: Program, env: readonly Uint8Array[]): LoadError | null {
  const { kernel, thread } = process;
  const identity = identityFor(process, prepared.executable.location);
  const random = new Uint8Array(16);
  kernel.platform.random(random);
  endOtherThreads(thread);
  leaveMemory(thread);
  process.leaveProgram();
  process.fds = process.fds.unshare();
  process.fds.closeForExec();
  process.executed = true;
  // What clone(2) had asked for ends with the program.
  process.exitSignal = SIGNAL.SIGCHLD;
  const personality = personalityOf(process, prepared);
  const { space } = takeMemory(process, personality);
  releaseParent(process);
  const stack = process.limits.soft(RLIMIT.STACK);
  space.stackLimit = stack > BigInt(space.limit) ? space.limit / 4 : Number(stack);
  try {
    process.context.image = installProgram(prepared, {
      ...{ abi: prepared.abi, space, env, random },
      ...{ ids: identity.ids, isSecure: identity.isSecure },
    });
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    process.kill(SIGNAL.SIGKILL);
    return error;
  } finally {
    prepared.executable.close();
    prepared.interpreter?.file.close();
  }
  becomeAnother(process, identity);
  process.executable = prepared.executable.location;
  thread.comm = commOf(prepared.path);
  kernel.tracer?.exec(thread, prepared.path);
  process.signals.resetHandlers();
  thread.alternateStack = noAlternateStack;
  prepared.abi.startProgram(thread.vcpu, process.context.image.entry, process.context.image.stack.stackPointer);
  return null;
}

function becomeAnother(process: Process, { ids, capabilities, isSecure }: NewIdentity): void {
  process.persona &= isSecure ? ~CLEARED_WITH_POWER : ~PERSONA.READ_IMPLIES_EXEC;
  const { ids: own, capabilities: before, controls } = process;
  const gains = (capabilities.permitted & ~before.permitted) !== 0n;
  process.ids = ids;
  process.capabilities = capabilities;
  // Others may not look into a program that has more power than they (suid_dumpable).
  if (gains || ids.euid !== own.euid || ids.egid !== own.egid || own.euid !== own.uid || own.egid !== own.gid)
    controls.set(PR_GET_DUMPABLE, 0);
  else controls.delete(PR_GET_DUMPABLE);
}

function personalityOf({ kernel }: Process, { abi }: Program): Personality {
  return kernel.personalities.find((personality) => personality.abi === abi) ?? fail('ENOEXEC');
}

/** An empty memory: the present one where nobody else uses it and it is for the same guest. */
function takeMemory(process: Process, personality: Personality): MemoryContext {
  const { context, thread, kernel } = process;
  if (context.users === 1 && context.personality === personality) {
    context.release();
    context.space.unmapAll();
    context.wantsBarriers = false;
    return context;
  }
  context.giveVcpu(thread.vcpu);
  const fresh = kernel.createContext(personality);
  process.context = fresh;
  thread.vcpu = fresh.takeVcpu();
  kernel.releaseContext(context);
  return fresh;
}

function commOf(path: string): Uint8Array {
  return new TextEncoder().encode(path.slice(path.lastIndexOf('/') + 1)).slice(0, COMM_LENGTH);
}
