/** One block of guest code through all stages of the translator, without running anything. */
import type { CodeSource } from '../../guest/guest.ts';
import { moduleText } from '../../host/wasm/module-text.ts';
import { emitRegionModule } from '../../host/wasm/region/module.ts';
import type { Block } from '../../ir/block.ts';
import { optimizeBlock } from '../../ir/passes/optimize.ts';
import { printBlock } from '../../ir/print.ts';
import { formRegion } from '../../ir/region.ts';
import { memoryLayout } from '../../memory/layout.ts';
import { TranslationCache } from './cache.ts';
import { checkRequest, type CheckedRequest, type TranslateRequest } from './request.ts';
import type { Translation, TranslationPlace } from './translation.ts';

/** Longest block, as the engine translates them. */
const MAX_BLOCK = 64;
/** The linear memory of a process that has all it may have. */
const MEMORY_SIZE = 2 ** 32;

let ownCache: TranslationCache | undefined;

export interface BlockTranslation extends Translation {
  /** Whether it was in the cache. */
  readonly isCached: boolean;
}

/**
 * Translates the block of guest code at an address: up to the first instruction that may go elsewhere, 64 instructions at
 * most. Code that is not given counts as not executable. Encodings that no instruction has become traps, not errors.
 *
 * The answer depends on all bytes given, so all of them are compared when it is looked up in the cache.
 *
 * @throws `RangeError` and `TypeError` for requests that make no sense.
 *
 * @example
 * ```ts
 * import { translateBlock } from 'hospes';
 *
 * const code = Uint8Array.of(0x13, 0x05, 0x15, 0x00, 0x67, 0x80, 0x00, 0x00); // addi a0, a0, 1; ret
 * const { ir, wasm, statistics } = translateBlock({ guest: 'riscv64', code, pc: 0x10000 });
 * console.log(ir.split('\n')[0]); // block 0x10000 mode 0 end 0x10008
 * console.log(WebAssembly.validate(wasm), statistics.guestInstructions, statistics.guestBytes); // true 2 8
 * ```
 */
export function translateBlock(request: TranslateRequest): BlockTranslation {
  const checked = checkRequest(request);
  if (request.cache === null) return { ...translate(checked).translation, isCached: false };
  const cache = request.cache ?? (ownCache ??= new TranslationCache());
  const { translation, isCached } = cache.resolve(checked.key, () => translate(checked));
  return { ...translation, isCached };
}

/** The cache that `translateBlock` uses unless it is given another one. */
export function defaultTranslationCache(): TranslationCache {
  return (ownCache ??= new TranslationCache());
}

function translate(request: CheckedRequest): { place: TranslationPlace; translation: Translation } {
  const { support, index, code, pc, mode } = request;
  const { guest } = support;
  const source = sourceOf(code, pc);
  const block = guest.liftBlock(source, pc, mode, MAX_BLOCK);
  const optimized = optimizeBlock(block, 'exits');
  const { bytes: wasm, notes } = emit(optimized, request);
  const wasmText = moduleText(wasm, {
    comments: notes.flatMap(({ marks }) =>
      marks.map((mark) => ({
        offset: mark.position,
        text: `0x${mark.pc.toString(16)}  ${guest.disassemble(source, mark.pc)?.text ?? '?'}`,
      })),
    ),
    localName: (definition, local) => (definition === 0 ? notes[0]?.locals.get(local) : undefined),
  });
  const { endPc } = block;
  const translation: Translation = {
    ...{ endPc, wasm, wasmText, ir: printBlock(block), optimizedIr: printBlock(optimized) },
    statistics: {
      guestInstructions: block.guestInstructions,
      guestBytes: endPc - pc,
      irInstructions: countOf(block),
      optimizedInstructions: countOf(optimized),
      wasmBytes: wasm.length,
    },
  };
  // The guest may have looked at what follows: a change of that is a change of what this was made from.
  return { place: { guest: index, start: pc, last: pc + code.length - 1 }, translation };
}

function emit(block: Block, { model }: CheckedRequest): ReturnType<typeof emitRegionModule> {
  return emitRegionModule([formRegion([block], () => [], [])], {
    layout: memoryLayout(MEMORY_SIZE),
    model,
    precise: false,
    name: 'block',
    reportsJumps: () => false,
    speculation: () => 'speculates',
    // What comes out is the same everywhere.
    fusesMultiplyAdd: false,
    annotates: true,
  });
}

/** IR instructions that do something; marks of guest instructions aside. */
function countOf({ instructions }: Block): number {
  return instructions.filter(({ kind }) => kind !== 'instruction').length;
}

function sourceOf(code: Uint8Array, start: number): CodeSource {
  const readU8 = (pc: number): number => code[pc - start] ?? -1;
  return {
    readU8,
    readU16(pc) {
      const [low, high] = [readU8(pc), readU8(pc + 1)];
      return low < 0 || high < 0 ? -1 : low | (high << 8);
    },
  };
}
