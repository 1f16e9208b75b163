/** What the entries of the code cache are, for `hospes cache`. */
import { ProgramCode } from '../engine/code-cache.ts';
import { problemsOf } from '../engine/code-check.ts';

/** What the key of an entry says. */
export interface KeptCodeName {
  /** Of what compiled it. */
  readonly version: string;
  readonly guest: string;
  /** Bytes of the linear memory that it was compiled for. */
  readonly memory: number;
  /** Path in the guest. */
  readonly program: string;
}

export interface KeptCodeFigures {
  readonly modules: number;
  readonly regions: number;
  readonly guestInstructions: number;
  /** Bytes of WebAssembly. */
  readonly wasmBytes: number;
}

/** The parts of a key as `CodeCache` makes it; null for anything else. */
export function nameOfKeptCode(key: string): KeptCodeName | null {
  const [, version, guest, memory, program] = /^(.*)\n(\S+) (\d+) (.*) \d+$/s.exec(key) ?? [];
  if (version === undefined || guest === undefined || memory === undefined || program === undefined) return null;
  return { version, guest, memory: Number(memory), program };
}

/** What an entry holds; null where that cannot be read. */
export function figuresOfKeptCode(key: string, bytes: Uint8Array): KeptCodeFigures | null {
  const program = parse(key, bytes);
  if (typeof program === 'string') return null;
  const regions = program.modules.flatMap((module) => module.regions);
  return {
    modules: program.modules.length,
    regions: regions.length,
    guestInstructions: regions.reduce((sum, { guestInstructions }) => sum + guestInstructions, 0),
    wasmBytes: program.modules.reduce((sum, { wasm }) => sum + wasm.length, 0),
  };
}

/** What is wrong with an entry whose checksum is right. */
export function problemsOfKeptCode(key: string, bytes: Uint8Array): readonly string[] {
  const program = parse(key, bytes);
  return typeof program === 'string' ? [program] : problemsOf(program);
}

function parse(key: string, bytes: Uint8Array): ProgramCode | string {
  try {
    return ProgramCode.parse(bytes, key);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError)
      return `holds nothing that makes sense (${error.message})`;
    throw error;
  }
}
