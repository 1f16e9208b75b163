/** Job control: stops and continues, process groups, sessions (credentials(7), setpgid(2), kernel/exit.c). */
import { fail } from '../errno.ts';
import type { Process } from '../process/process.ts';
import { kernelSignal, SA_NOCLDSTOP, SIGNAL, type SignalInfo } from '../process/signals.ts';
import type { TerminalControl } from '../vfs/stdio/terminal-control.ts';
import type { Kernel } from './kernel.ts';
import { notifyParent } from './notify.ts';

export class Jobs {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A stop signal's default action. */
  stop(process: Process, signal: number): void {
    // Nobody could continue an orphaned group, so that keys of the terminal do not stop it.
    if (signal !== SIGNAL.SIGSTOP && this.isOrphaned(process.processGroup, process.session)) return;
    process.signals.stopped = true;
    process.report = { kind: 'stopped', signal };
    this.#tell(process, { signal: SIGNAL.SIGCHLD, code: CLD_STOPPED, status: signal });
  }

  /** SIGCONT (or SIGKILL) came to a stopped process. */
  continued(process: Process): void {
    process.report = { kind: 'continued' };
    this.#tell(process, { signal: SIGNAL.SIGCHLD, code: CLD_CONTINUED, status: SIGNAL.SIGCONT });
  }

  #tell(process: Process, { code, status }: { signal: number; code: number; status: number }): void {
    const { parent } = process;
    if (parent === null) return;
    const quiet = (parent.signals.action(SIGNAL.SIGCHLD).flags & SA_NOCLDSTOP) !== 0;
    notifyParent(process, parent, { code, status, signal: quiet ? 0 : SIGNAL.SIGCHLD });
  }

  /** Sends a signal to every process of a group; whether there was one. */
  signalGroup(group: number, info: SignalInfo): boolean {
    const members = this.#kernel.processes.group(group);
    for (const process of members) process.post(info);
    return members.length > 0;
  }

  /** A group is orphaned when no member has a parent in another group of the same session. `leaving` does not count. */
  isOrphaned(group: number, session: number, leaving?: Process): boolean {
    return !this.#kernel.processes
      .group(group)
      .some(
        (member) =>
          member !== leaving &&
          member.threads.length > 0 &&
          member.session === session &&
          this.#anchors(member, leaving),
      );
  }

  /** Whether the parent of `member` keeps its group from being orphaned. The first process's parent is outside. */
  #anchors(member: Process, leaving: Process | undefined): boolean {
    const { parent } = member;
    if (parent === null || parent === leaving) return false;
    return parent.session === member.session && parent.processGroup !== member.processGroup;
  }

  /** Stopped members of groups that `leaving` orphans by its end get SIGHUP and SIGCONT. */
  releaseOrphans(leaving: Process): void {
    // Only whoever ties two groups of a session together leaves one of them alone (kernel/exit.c, kill_orphaned_pgrp).
    const groups = new Map<number, number>();
    const ties = (parent: Process, child: Process): boolean =>
      parent.session === child.session && parent.processGroup !== child.processGroup;
    const { parent } = leaving;
    if (parent !== null && ties(parent, leaving)) groups.set(leaving.processGroup, leaving.session);
    for (const child of leaving.children) if (ties(leaving, child)) groups.set(child.processGroup, child.session);
    for (const [group, session] of groups) {
      const stopped = this.#kernel.processes
        .group(group)
        .some((member) => member !== leaving && member.signals.stopped && member.threads.length > 0);
      if (!stopped || !this.isOrphaned(group, session, leaving)) continue;
      this.signalGroup(group, kernelSignal(SIGNAL.SIGHUP));
      this.signalGroup(group, kernelSignal(SIGNAL.SIGCONT));
    }
  }

  /** setpgid(2). */
  setGroup(caller: Process, pid: number, wanted: number): void {
    if (wanted < 0) fail('EINVAL');
    const process = pid === 0 ? caller : this.#kernel.processes.process(pid);
    if (process === undefined || (process !== caller && process.parent !== caller)) return fail('ESRCH');
    if (process !== caller && process.session !== caller.session) fail('EPERM');
    if (process !== caller && process.executed) fail('EACCES');
    // The leader of a session keeps its group.
    if (process.session === process.pid) fail('EPERM');
    const group = wanted === 0 ? process.pid : wanted;
    const isOwn = group === process.pid;
    if (!isOwn && !this.#kernel.processes.group(group).some(({ session }) => session === caller.session)) fail('EPERM');
    process.processGroup = group;
  }

  /** A terminal is gone: its session hears of it, and loses it. */
  hangUp(terminal: TerminalControl): void {
    const { session, foregroundGroup } = terminal;
    if (session === 0) return;
    const leader = this.#kernel.processes.process(session);
    leader?.post(kernelSignal(SIGNAL.SIGHUP));
    leader?.post(kernelSignal(SIGNAL.SIGCONT));
    if (foregroundGroup !== leader?.processGroup) this.signalGroup(foregroundGroup, kernelSignal(SIGNAL.SIGHUP));
    this.releaseTerminal(terminal);
  }

  /** A terminal controls its session no more. */
  releaseTerminal(terminal: TerminalControl): void {
    for (const process of this.#kernel.processes.all()) if (process.terminal === terminal) process.terminal = undefined;
    terminal.session = 0;
    terminal.foregroundGroup = 0;
  }

  /** setsid(2). */
  newSession(process: Process): number {
    if (this.#kernel.processes.group(process.pid).length > 0) fail('EPERM');
    process.session = process.processGroup = process.pid;
    process.terminal = undefined;
    return process.pid;
  }
}

export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;
