/** Interpreter scripts: `#!` on the first line (fs/binfmt_script.c). */

/** Linux reads this much of a program to find out what it is. */
export const SCRIPT_HEAD = 256;

export interface Script {
  readonly interpreter: Uint8Array;
  /** All that follows the interpreter, as one argument. */
  readonly argument: Uint8Array | null;
}

const NEWLINE = 0x0a;

/**
 * The interpreter line of a script: null for a file without one, `invalid` for one that names no interpreter (or is
 * longer than Linux reads).
 */
export function parseScript(head: Uint8Array): Script | null | 'invalid' {
  if (head[0] !== 0x23 || head[1] !== 0x21) return null;
  const newline = head.indexOf(NEWLINE);
  if (newline === -1 && head.length >= SCRIPT_HEAD) return 'invalid';
  const line = trim(head.subarray(2, newline === -1 ? head.length : newline));
  const nul = line.indexOf(0);
  const text = nul === -1 ? line : line.subarray(0, nul);
  if (text.length === 0) return 'invalid';
  const space = text.findIndex(isBlank);
  if (space === -1) return { interpreter: text, argument: null };
  return { interpreter: text.subarray(0, space), argument: trim(text.subarray(space)) };
}

/** Whether a file that is neither ELF nor a `#!` script looks like text that a shell was meant to read. */
export function looksLikeText(head: Uint8Array): boolean {
  const newline = head.indexOf(NEWLINE);
  const line = newline === -1 ? head : head.subarray(0, newline);
  return line.length > 0 && line.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0d);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

function trim(bytes: Uint8Array): Uint8Array {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start] ?? 0)) start++;
  while (end > start && isBlank(bytes[end - 1] ?? 0)) end--;
  return bytes.subarray(start, end);
}
