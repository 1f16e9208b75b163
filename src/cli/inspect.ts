/** `hospes inspect`. */
import { guestFor } from '../api/guests.ts';
import { inspect } from '../debug/inspect.ts';
import { inspectWasm } from '../debug/inspect-wasm.ts';
import { enableRelaxedSimd } from '../platform/node/relaxed-simd.ts';
import { ConfigurationError } from '../common/errors.ts';
import { readFileSync } from 'node:fs';
import type { InspectRequest } from './command-line.ts';

/** Prints what `request` asks for. */
export function inspectCommand({ file, at, blocks, wasm }: InspectRequest, print: (text: string) => void): number {
  const bytes = readBytes(file);
  const { guest } = guestFor(file, () => bytes);
  if (wasm === undefined) {
    print(inspect(bytes, file, guest, { at, blocks }));
  } else {
    enableRelaxedSimd();
    print(inspectWasm(bytes, file, guest, { at, model: wasm }));
  }
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
