/** `hospes run`: a guest with this process's streams, signals and exit status. */
import { defaultEnvironment, signalNumber, startProgram, type Running, type StartRequest } from '../api/process.ts';
import type { Counters, Mount } from '../api/types.ts';
import { guestPath, readHostProgram } from '../platform/node/host-program.ts';
import { createNodePlatform } from '../platform/node/node-platform.ts';
import { prebuiltModules } from '../platform/node/prebuilt.ts';
import type { RunRequest } from './command-line.ts';
import { EXIT_STATUS } from './exit-status.ts';

/** Signals that are passed on to the guest; the terminal sends the first two to everybody in the foreground. */
const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/** Runs it to its end; `complain` takes lines for standard error. */
export async function runCommand(request: RunRequest, complain: (line: string) => void): Promise<number> {
  const platform = createNodePlatform();
  const begun = platform.clock.monotonic();
  const running = startProgram({ platform, prebuilt: prebuiltModules }, startRequest(request, complain));
  const stopForwarding = forwardSignals(running);
  try {
    const { exitCode, signal, crash } = await running.exited;
    if (crash !== null) complain(`hospes: ${crash}`);
    return signal === null ? exitCode : EXIT_STATUS.SIGNAL_BASE + signalNumber(signal);
  } finally {
    stopForwarding();
    if (request.stats) complain(statistics(running.counters(), Number(platform.clock.monotonic() - begun) / 1e9));
  }
}

/** What the command line means to the API. */
export function startRequest(request: RunRequest, complain: (line: string) => void): StartRequest {
  const { root, memoryModel, memory, timeout } = request;
  const user = request.user ?? defaultUser(root);
  const limits = {
    ...(memory === undefined ? {} : { memory }),
    ...(timeout === undefined ? {} : { wallTime: timeout }),
  };
  return {
    ...place(request),
    argv0: request.program,
    args: request.args,
    env: { ...defaultEnvironment(user.uid), ...request.env },
    memoryModel,
    user,
    limits,
    ...(request.strace ? { onSyscall: complain } : {}),
  };
}

type Place = Pick<StartRequest, 'path' | 'bytes' | 'root' | 'mounts' | 'cwd'>;

/** Where the guest finds what: inside the root folder, or among the folders of the host that it may see. */
function place({ program, root, mounts, cwd }: RunRequest): Place {
  if (root !== undefined) return { path: program, root, mounts, cwd: cwd ?? '/' };
  const current = process.cwd();
  const here = guestPath(current);
  const found = readHostProgram(program);
  // The current directory may be the root itself, which then lies below /dev and the like.
  if (here === '/') return { ...found, root: current, mounts, cwd: cwd ?? here };
  const own: Mount = { source: current, target: here, readOnly: true };
  return { ...found, mounts: [own, ...mounts], cwd: cwd ?? here };
}

function defaultUser(root: string | undefined): { uid: number; gid: number } {
  if (root !== undefined) return { uid: 0, gid: 0 };
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

function forwardSignals(running: Running): () => void {
  const listeners = FORWARDED.map((name) => ({ name, forward: () => running.kill(name) }));
  for (const { name, forward } of listeners) process.on(name, forward);
  return () => {
    for (const { name, forward } of listeners) process.off(name, forward);
  };
}

function statistics({ instructions, syscalls, peakMemory }: Counters, seconds: number): string {
  const rate = (instructions / seconds / 1e6).toFixed(0);
  const mebibytes = (peakMemory / 2 ** 20).toFixed(1);
  return `hospes: ${String(instructions)} instructions, ${String(syscalls)} system calls, ${mebibytes} MiB at most, ${seconds.toFixed(3)} s, ${rate} M instructions/s`;
}
