/** A process whose program is a script: a generator that yields system calls and is given their results. */
import type { Exit } from '../../engine/exit.ts';
import { riscv64 as guest } from '../../guest/riscv64/index.ts';
import { xSlots } from '../../guest/riscv64/state.ts';
import type { Slot } from '../../ir/state.ts';
import { PAGE_SIZE } from '../../memory/layout.ts';
import { riscv64 as abi } from '../abi/riscv64.ts';
import { ERRNO, type ErrnoName } from '../errno.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ProcessExit } from '../process/exit.ts';
import type { Process } from '../process/process.ts';
import type { SyscallTracer } from '../process/syscall-table.ts';
import type { VcpuLike } from '../process/vcpu.ts';
import { syscallHandlers } from '../syscalls/table.ts';
import { makerContext } from '../../api/file-tree.ts';
import type { StandardFiles } from '../vfs/stdio/standard-files.ts';
import { openStandardFiles } from '../vfs/stdio/standard-files.ts';
import { testPlatform, testTree, writeFiles, type FileTable } from './run-program.ts';

const numbers = new Map([...abi.syscalls].map(([number, name]) => [name, number]));
const A0 = 10;
const A7 = 17;

/** A call's name and arguments; strings and bytes are put into guest memory and become addresses. */
export type Call = readonly [name: string, ...args: (number | bigint | string | Uint8Array)[]];
/** The script: results are signed numbers. */
export type Script = Generator<Call | Exit, void, number>;

export class ScriptedVcpu implements VcpuLike {
  readonly guest = guest;
  pc = 0x1000_0000;
  fpEnv = 0;
  instructions = 0;
  readonly invalidated: [number, number][] = [];
  readonly #state = new DataView(new ArrayBuffer(8192));
  next: (result: number) => Exit = () => {
    throw new Error('no script');
  };

  getU64(slot: Slot): bigint {
    return this.#state.getBigUint64(slot.offset, true);
  }
  setU64(slot: Slot, value: bigint): void {
    this.#state.setBigUint64(slot.offset, value, true);
  }
  getI64(slot: Slot): number {
    return Number(this.#state.getBigInt64(slot.offset, true));
  }
  setI64(slot: Slot, value: number): void {
    this.#state.setBigInt64(slot.offset, BigInt(value), true);
  }
  slotBytes(slot: Slot, length: number): Uint8Array {
    return new Uint8Array(this.#state.buffer, slot.offset, length);
  }
  syncMode(): void {
    // The script decodes nothing.
  }
  interrupt(): void {
    // The script is between instructions whenever anybody could call this.
  }
  setPreciseFaults(): void {
    // A script's faults are what it says.
  }
  setProgram(): void {
    // A script is no program.
  }
  invalidateCode(start: number, end: number): void {
    this.invalidated.push([start, end]);
  }
  synchronizeCode(start: number, end: number): void {
    this.invalidateCode(start, end);
  }
  release(): void {
    // A script has no compiled code.
  }
  x(index: number): number {
    return this.getI64(xSlots[index]!);
  }
  setX(index: number, value: number | bigint): void {
    this.setU64(xSlots[index]!, BigInt.asUintN(64, BigInt(value)));
  }
  run(): Exit {
    this.instructions++;
    return this.next(this.x(A0));
  }
  createSibling(): ScriptedVcpu {
    return this.family(this);
  }
  copyState(from: ScriptedVcpu): void {
    new Uint8Array(this.#state.buffer).set(new Uint8Array(from.#state.buffer));
    this.pc = from.pc;
    this.fpEnv = from.fpEnv;
  }
  /** Makes another vCPU, with the next script. */
  family: (first: ScriptedVcpu) => ScriptedVcpu = () => {
    throw new Error('no script for another vCPU');
  };
}

export interface Scripted {
  readonly process: Process;
  readonly vcpu: ScriptedVcpu;
  readonly platform: ReturnType<typeof testPlatform>;
  readonly streams: StandardFiles;
  /** 64 KiB of guest memory for the script's own use. */
  readonly scratch: number;
  /** Puts a NUL-terminated string into guest memory. */
  readonly text: (value: string) => number;
  readonly data: (bytes: Uint8Array) => number;
  /**
   * Runs the script in the process; each thread or child that it makes runs the next of `others`, whose first result is
   * that of the call which made it.
   */
  run(script: () => Script, ...others: (() => Script)[]): Promise<ProcessExit>;
}

export const SCRATCH = 0x2000_0000;
const STRINGS = 0x3000_0000;

export interface ScriptedOptions {
  readonly files?: FileTable;
  readonly uid?: number;
  readonly stdin?: string | null;
  readonly tracer?: SyscallTracer;
  readonly instructionLimit?: number;
  readonly taskLimit?: number;
  readonly memoryLimit?: number;
}

export function scripted(options: ScriptedOptions = {}): Scripted {
  const platform = testPlatform();
  const { tree, processes } = testTree(platform.platform);
  const { vfs, dev } = tree;
  writeFiles(vfs, '/case', options.files ?? {});
  const uid = options.uid ?? 0;
  const vcpu = new ScriptedVcpu();
  const scripts: (() => Script)[] = [];
  const start = (fresh: ScriptedVcpu, script: () => Script): void => {
    const generator = script();
    fresh.next = (result) => {
      const { done, value } = generator.next(result);
      if (done === true) return enter(fresh, ['exit_group', 0], { text, data });
      return 'kind' in value ? value : enter(fresh, value, { text, data });
    };
  };
  const another = (): ScriptedVcpu => {
    const fresh = new ScriptedVcpu();
    fresh.family = another;
    const script = scripts.shift();
    if (script !== undefined) start(fresh, script);
    return fresh;
  };
  vcpu.family = another;
  let made = 0;
  const kernel = new Kernel({
    vfs,
    platform: platform.platform,
    processes,
    personalities: [{ abi, createVcpu: () => (made++ === 0 ? vcpu : another()) }],
    handlers: syscallHandlers,
    memorySize: 2 ** 30,
    network: 'loopback',
    ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
    ...(options.instructionLimit === undefined ? {} : { instructionLimit: options.instructionLimit }),
    ...(options.taskLimit === undefined ? {} : { taskLimit: options.taskLimit }),
    ...(options.memoryLimit === undefined ? {} : { memoryLimit: options.memoryLimit }),
  });
  const process = kernel.createFirstProcess({ cwd: vfs.resolve(makerContext(vfs), '/case'), uid, gid: uid });
  const streams = openStandardFiles({ vfs, context: process, dev, ...platform.platform, onSignal: () => undefined });
  for (const file of [streams.stdin, streams.stdout, streams.stderr]) process.fds.install(file, false);
  if (options.stdin !== null) {
    platform.input.push(new TextEncoder().encode(options.stdin ?? ''));
    platform.input.end();
  }
  process.space.map({ address: SCRATCH, length: 16 * PAGE_SIZE, protection: 3, placement: 'replace' });
  process.space.map({ address: STRINGS, length: 64 * PAGE_SIZE, protection: 3, placement: 'replace' });
  let free = STRINGS;
  const data = (bytes: Uint8Array): number => {
    const at = free;
    // The memory of whoever runs: a child has its own.
    (kernel.scheduler.running?.process ?? process).space.memory.bytes.set(bytes, at);
    free += Math.ceil((bytes.length + 1) / 16) * 16;
    return at;
  };
  const text = (value: string): number => data(new TextEncoder().encode(`${value}\0`));
  return {
    process,
    vcpu,
    platform,
    streams,
    scratch: SCRATCH,
    text,
    data,
    run: (script, ...others) => {
      scripts.push(...others);
      start(vcpu, script);
      return kernel.run(process);
    },
  };
}

function enter(vcpu: ScriptedVcpu, [name, ...args]: Call, put: Pick<Scripted, 'text' | 'data'>): Exit {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`there is no system call ${name}`);
  vcpu.setX(A7, number);
  args.forEach((value, index) => {
    const place = typeof value === 'string' ? put.text(value) : value instanceof Uint8Array ? put.data(value) : value;
    vcpu.setX(A0 + index, place);
  });
  for (let index = args.length; index < 6; index++) vcpu.setX(A0 + index, 0);
  vcpu.pc += 4;
  return { kind: 'syscall' };
}

/** Runs a script to its end; throws where that was not an ordinary one, as after an error in the script. */
export async function run(options: ScriptedOptions, body: (guest: Scripted) => Script): Promise<Scripted> {
  const guest = scripted(options);
  const exit = await guest.run(() => body(guest));
  if (exit.kind !== 'exit' || exit.code !== 0) throw new Error(`the script ended with ${JSON.stringify(exit)}`);
  return guest;
}

/** `-errno`, to compare results with. */
export function errno(name: ErrnoName): number {
  return -ERRNO[name];
}
