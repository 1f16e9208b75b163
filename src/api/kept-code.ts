/** What the entries of the code cache are, for `hospes cache`. */
import { AheadCode } from '../engine/ahead-code.ts';
import { AHEAD_SUFFIX, BLOCKS_SUFFIX, RUNTIME, storedIn, type CodeModule } from '../engine/code-cache.ts';
import { problemsOf } from '../engine/code-check.ts';
import { KeptBlocks } from '../engine/kept-blocks.ts';
import { Reader } from '../engine/module-codec.ts';
import { NATIVE_SUFFIX, nativeIn } from '../engine/native-modules.ts';

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
  readonly kind: KeptCodeKind;
}

/**
 * Code that runs compiled, the same compiled before the program ran, tier 0's code, and what the host's engine made of modules:
 * of a program's, or of the engine's own (of which a name says nothing else).
 */
export type KeptCodeKind = 'compiled' | 'ahead' | 'blocks' | 'native' | 'engine';

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

const SUFFIXES = [
  [AHEAD_SUFFIX, 'ahead'],
  [BLOCKS_SUFFIX, 'blocks'],
  [NATIVE_SUFFIX, 'native'],
] as const satisfies readonly (readonly [string, KeptCodeKind])[];

/** The key of the program, and what is kept of it. */
function partsOf(key: string): { readonly program: string; readonly kind: KeptCodeKind } {
  for (const [suffix, kind] of SUFFIXES)
    if (key.endsWith(suffix)) return { program: key.slice(0, -suffix.length), kind };
  return { program: key, kind: 'compiled' };
}

/** The parts of a key as `CodeCache` makes it; null for anything else. */
export function nameOfKeptCode(key: string): KeptCodeName | null {
  const { program: own, kind } = partsOf(key);
  if (kind === 'native' && own.endsWith(`\n${RUNTIME}`))
    return {
      version: own.slice(0, -RUNTIME.length - 1),
      ...{ guest: '-', memory: 0, program: '-', isShared: false, isPrecise: false, kind: 'engine' },
    };
  const parts =
    /^(?<version>.*?)\n(?<guest>\S+) (?<memory>\d+)(?<shared> shared)?(?<precise> precise)? (?<program>.*) \d+$/s;
  const { version, guest, memory, shared, precise, program } = parts.exec(own)?.groups ?? {};
  if (version === undefined || guest === undefined || memory === undefined || program === undefined) return null;
  const ways = { isShared: shared !== undefined, isPrecise: precise !== undefined, kind };
  return { version, guest, memory: Number(memory), program, ...ways };
}

/** What an entry holds; null where that cannot be read. */
export function figuresOfKeptCode(key: string, bytes: Uint8Array): KeptCodeFigures | null {
  const held = parse(key, bytes);
  if (typeof held === 'string') return null;
  const { native, blocks } = held;
  const figures = { modules: native, regions: 0, guestInstructions: 0, wasmBytes: 0, blocks };
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

interface Held {
  readonly modules: readonly CodeModule[];
  /** Blocks of tier 0. */
  readonly blocks: number;
  /** Modules of which there is native code. */
  readonly native: number;
}

/** What an entry has, or what is wrong with it. */
function parse(key: string, bytes: Uint8Array): Held | string {
  const nothing: Held = { modules: [], blocks: 0, native: 0 };
  try {
    switch (partsOf(key).kind) {
      case 'ahead': {
        const ahead = new AheadCode(bytes, key);
        return { ...nothing, modules: Array.from({ length: ahead.modules }, (_, id) => ahead.module(id)) };
      }
      case 'blocks':
        return { ...nothing, blocks: KeptBlocks.read(new Reader(bytes)).size };
      case 'native':
        return { ...nothing, native: nativeIn(bytes, key).size };
      default:
        return { ...nothing, modules: storedIn(bytes, key) };
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError)
      return `holds nothing that makes sense (${error.message})`;
    throw error;
  }
}
