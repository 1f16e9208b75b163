/** What the entries of the code cache are, for `hospes cache`. */
import { AheadCode } from '../engine/ahead-code.ts';
import { AHEAD_SUFFIX, storedIn, type CodeModule } from '../engine/code-cache.ts';
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
  /** For a memory that threads of the host share (`--parallel`). */
  readonly isShared: boolean;
  /** For a guest that handles faults. */
  readonly isPrecise: boolean;
  /** Compiled before the program ran. */
  readonly isAhead: boolean;
}

export interface KeptCodeFigures {
  readonly modules: number;
  readonly regions: number;
  /** In regions. */
  readonly guestInstructions: number;
  /** Bytes of WebAssembly. */
  readonly wasmBytes: number;
  /** Blocks of tier 0. */
  readonly blocks: number;
}

/** The key of the program, and whether it is of what was compiled ahead. */
function partsOf(key: string): { readonly program: string; readonly isAhead: boolean } {
  const isAhead = key.endsWith(AHEAD_SUFFIX);
  return { program: isAhead ? key.slice(0, -AHEAD_SUFFIX.length) : key, isAhead };
}

/** The parts of a key as `CodeCache` makes it; null for anything else. */
export function nameOfKeptCode(key: string): KeptCodeName | null {
  const { program: own, isAhead } = partsOf(key);
  const parts =
    /^(?<version>.*?)\n(?<guest>\S+) (?<memory>\d+)(?<shared> shared)?(?<precise> precise)? (?<program>.*) \d+$/s;
  const { version, guest, memory, shared, precise, program } = parts.exec(own)?.groups ?? {};
  if (version === undefined || guest === undefined || memory === undefined || program === undefined) return null;
  const ways = { isShared: shared !== undefined, isPrecise: precise !== undefined, isAhead };
  return { version, guest, memory: Number(memory), program, ...ways };
}

/** What an entry holds; null where that cannot be read. */
export function figuresOfKeptCode(key: string, bytes: Uint8Array): KeptCodeFigures | null {
  const held = parse(key, bytes);
  if (typeof held === 'string') return null;
  const figures = { modules: 0, regions: 0, guestInstructions: 0, wasmBytes: 0, blocks: held.blocks };
  for (const { regions, wasm } of held.modules) {
    figures.modules++;
    figures.regions += regions.length;
    figures.guestInstructions += regions.reduce((sum, { guestInstructions }) => sum + guestInstructions, 0);
    figures.wasmBytes += wasm.length;
  }
  return figures;
}

/** What is wrong with an entry whose checksum is right. */
export function problemsOfKeptCode(key: string, bytes: Uint8Array): readonly string[] {
  const held = parse(key, bytes);
  return typeof held === 'string' ? [held] : problemsOf(held.modules);
}

/** The modules of an entry and how many blocks it has, or what is wrong with it. */
function parse(key: string, bytes: Uint8Array): { modules: readonly CodeModule[]; blocks: number } | string {
  try {
    if (!partsOf(key).isAhead) {
      const { modules, blocks } = storedIn(bytes, key);
      return { modules, blocks: blocks.size };
    }
    const ahead = new AheadCode(bytes, key);
    return { modules: Array.from({ length: ahead.modules }, (_, id) => ahead.module(id)), blocks: 0 };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError)
      return `holds nothing that makes sense (${error.message})`;
    throw error;
  }
}
