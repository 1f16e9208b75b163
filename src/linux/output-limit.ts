/** Standard output with a limit on the bytes that the guest may write. */
import type { HostOutput, HostStreamFile, StreamResult } from '../platform/types.ts';

/** What standard output and standard error have left together. */
export class OutputBudget {
  #left: number;
  readonly #exceeded: () => void;

  constructor(bytes: number, exceeded: () => void) {
    this.#left = bytes;
    this.#exceeded = exceeded;
  }

  /** Lets `write` take as many of `bytes` as are left; calls `exceeded` when they are not all. */
  spend<T extends StreamResult>(bytes: Uint8Array, write: (allowed: Uint8Array) => T): T | 0 {
    const allowed = Math.min(bytes.length, this.#left);
    if (allowed < bytes.length) this.#exceeded();
    if (allowed === 0 && bytes.length > 0) return 0;
    const result = write(bytes.subarray(0, allowed));
    if (typeof result === 'number') this.#left -= result;
    return result;
  }
}

export function limitOutput(output: HostOutput, budget: OutputBudget): HostOutput {
  const { file, terminal } = output;
  return {
    kind: output.kind,
    ...(terminal === undefined ? {} : { terminal }),
    ...(file === undefined ? {} : { file: limitFile(file, budget) }),
    write: (bytes) => budget.spend(bytes, (allowed) => output.write(allowed)),
    writable: () => output.writable(),
    onWritable: (listener) => output.onWritable(listener),
    broken: () => output.broken(),
    flush: () => output.flush(),
    close: () => {
      output.close();
    },
  };
}

function limitFile(file: HostStreamFile, budget: OutputBudget): HostStreamFile {
  return {
    stat: () => file.stat(),
    position: file.position,
    read: (buffer, position) => file.read(buffer, position),
    write: (bytes, position) => budget.spend(bytes, (allowed) => file.write(allowed, position)),
    truncate: (size) => {
      file.truncate(size);
    },
    sync: () => {
      file.sync();
    },
  };
}
