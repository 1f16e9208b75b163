/** What the entries of the code cache are, for `hospes cache`. */
import { AheadCode } from '../engine/ahead-code.ts';
import { AHEAD_SUFFIX, modulesIn, type CodeModule } from '../engine/code-cache.ts';
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
  /** Compiled before the program ran. */
  readonly isAhead: boolean;
}

export interface KeptCodeFigures {
  readonly modules: number;
  readonly regions: number;
  readonly guestInstructions: number;
  /** Bytes of WebAssembly. */
  readonly wasmBytes: number;
}

/** The key of the program, and whether it is of what was compiled ahead. */
function partsOf(key: string): { readonly program: string; readonly isAhead: boolean } {
  const isAhead = key.endsWith(AHEAD_SUFFIX);
  return { program: isAhead ? key.slice(0, -AHEAD_SUFFIX.length) : key, isAhead };
}

/** The parts of a key as `CodeCache` makes it; null for anything else. */
export function nameOfKeptCode(key: string): KeptCodeName | null {
  const { program: own, isAhead } = partsOf(key);
  const [, version, guest, memory, program] = /^(.*?)\n(\S+) (\d+) (.*) \d+$/s.exec(own) ?? [];
  if (version === undefined || guest === undefined || memory === undefined || program === undefined) return null;
  return { version, guest, memory: Number(memory), program, isAhead };
}

/** What an entry holds; null where that cannot be read. */
export function figuresOfKeptCode(key: string, bytes: Uint8Array): KeptCodeFigures | null {
  const modules = parse(key, bytes);
  if (typeof modules === 'string') return null;
  const figures = { modules: 0, regions: 0, guestInstructions: 0, wasmBytes: 0 };
  for (const { regions, wasm } of modules) {
    figures.modules++;
    figures.regions += regions.length;
    figures.guestInstructions += regions.reduce((sum, { guestInstructions }) => sum + guestInstructions, 0);
    figures.wasmBytes += wasm.length;
  }
  return figures;
}

/** What is wrong with an entry whose checksum is right. */
export function problemsOfKeptCode(key: string, bytes: Uint8Array): readonly string[] {
  const modules = parse(key, bytes);
  return typeof modules === 'string' ? [modules] : problemsOf(modules);
}

/** The modules of an entry, or what is wrong with it. */
function parse(key: string, bytes: Uint8Array): readonly CodeModule[] | string {
  try {
    if (!partsOf(key).isAhead) return modulesIn(bytes, key);
    const ahead = new AheadCode(bytes, key);
    return Array.from({ length: ahead.modules }, (_, id) => ahead.module(id));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError)
      return `holds nothing that makes sense (${error.message})`;
    throw error;
  }
}
