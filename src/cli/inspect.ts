/** `hospes inspect`. */
import { guestFor } from '../api/guests.ts';
import { inspect } from '../debug/inspect.ts';
import { ConfigurationError } from '../common/errors.ts';
import { readFileSync } from 'node:fs';
import type { InspectRequest } from './command-line.ts';

/** Prints what `request` asks for. */
export function inspectCommand({ file, at, blocks }: InspectRequest, print: (text: string) => void): number {
  const bytes = readBytes(file);
  const { guest } = guestFor(file, () => bytes);
  print(inspect(bytes, file, guest, { at, blocks }));
  return 0;
}

function readBytes(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ConfigurationError('bad-option', `${file} cannot be read (${reason})`, { cause });
  }
}
