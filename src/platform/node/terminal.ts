import type { Cancel, HostTerminal, WindowSize } from '../types.ts';

/** As much of `tty.ReadStream` and `tty.WriteStream` as is used. */
export interface RawModeInput {
  setRawMode(raw: boolean): unknown;
}
export interface SizedOutput {
  getWindowSize(): [columns: number, rows: number];
}

const UNKNOWN_SIZE: WindowSize = { rows: 24, columns: 80 };

/** The terminal that Node was started on. */
export class NodeTerminal implements HostTerminal {
  readonly #input: () => RawModeInput | undefined;
  readonly #output: () => SizedOutput | undefined;

  constructor(input: () => RawModeInput | undefined, output: () => SizedOutput | undefined) {
    this.#input = input;
    this.#output = output;
  }

  size(): WindowSize {
    const output = this.#output();
    if (output === undefined) return UNKNOWN_SIZE;
    const [columns, rows] = output.getWindowSize();
    return { rows, columns };
  }

  onResize(listener: () => void): Cancel {
    process.on('SIGWINCH', listener);
    return () => process.off('SIGWINCH', listener);
  }

  setRaw(raw: boolean): void {
    this.#input()?.setRawMode(raw);
  }
}
