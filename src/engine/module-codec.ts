/** A compiled module as bytes: the lengths of its parts, what it says of itself as JSON, then code, WebAssembly and trap sites. */
import type { CodeModule } from './code-cache.ts';

type ModuleText = Pick<CodeModule, 'id' | 'target' | 'regions' | 'ranges' | 'links' | 'jumps'>;

/** Words at the beginning: lengths of the text, the guest's code and the WebAssembly in bytes, and the number of trap sites. */
const HEAD = 4;

export function encodeModule({ code, wasm, sites, ...module }: CodeModule): Uint8Array {
  const { id, target, regions, ranges, links, jumps } = module;
  const said = { id, target, regions, ranges, links, jumps } satisfies ModuleText;
  const text = new TextEncoder().encode(JSON.stringify(said));
  return joined([
    Uint32Array.of(text.length, code.length, wasm.length, sites.positions.length),
    ...[text, code, wasm],
    ...[new Uint32Array(sites.positions), new Uint32Array(sites.pcs), new Uint8Array(sites.kinds)],
  ]);
}

/** The module that `encodeModule` made bytes of. Throws `SyntaxError`, `RangeError` or `TypeError` for other bytes. */
export function decodeModule(bytes: Uint8Array): CodeModule {
  const reader = new Reader(bytes);
  const [textSize = 0, codeSize = 0, wasmSize = 0, sites = 0] = reader.words(HEAD);
  const text = JSON.parse(new TextDecoder().decode(reader.bytes(textSize))) as ModuleText;
  return {
    ...text,
    code: reader.bytes(codeSize),
    wasm: reader.bytes(wasmSize),
    sites: { positions: [...reader.words(sites)], pcs: [...reader.words(sites)], kinds: [...reader.bytes(sites)] },
  };
}

/** Takes bytes one part after the other; throws `RangeError` where there are not as many. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (!(end <= this.#bytes.length)) throw new RangeError('code that was cut off');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  words(count: number): Uint32Array {
    return new Uint32Array(this.bytes(count * 4).slice().buffer);
  }
}

/** All parts, one after the other. */
export function joined(parts: readonly (Uint8Array | Uint32Array)[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}

/** Null for bytes that make no sense. */
export function unlessSenseless<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}
