/** What a block of guest code is translated to, and that as bytes. */

/** Sizes of one translation. */
export interface TranslationStatistics {
  readonly guestInstructions: number;
  /** Bytes of guest code in the block. */
  readonly guestBytes: number;
  /** IR instructions as lifted, and as WebAssembly is made of them. */
  readonly irInstructions: number;
  readonly optimizedInstructions: number;
  readonly wasmBytes: number;
}

/** A translated block. */
export interface Translation {
  /** Address behind the block's last instruction. */
  readonly endPc: number;
  /** The IR as the guest's code was lifted to it. */
  readonly ir: string;
  /** The IR that `wasm` was made of. */
  readonly optimizedIr: string;
  /** A module with one function, `r0`, as tier 1 would make it for a region of this block alone. */
  readonly wasm: Uint8Array;
  /** The module as text, guest instructions as comments. */
  readonly wasmText: string;
  readonly statistics: TranslationStatistics;
}

/** Where in which guest's code a translation belongs. */
export interface TranslationPlace {
  /** Index of the guest among those there are. */
  readonly guest: number;
  /** First and last byte of the code that it was made from. */
  readonly start: number;
  readonly last: number;
}

/** True where a byte of [start, end) belongs to a place; `guest` null stands for all. */
export function touches(place: TranslationPlace, guest: number | null, start: number, end: number): boolean {
  return (guest === null || place.guest === guest) && place.start < end && place.last >= start;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** All of a translation as bytes, for `decodeTranslation`. */
export function encodeTranslation({ wasm, ...rest }: Translation): Uint8Array {
  const text = encoder.encode(JSON.stringify(rest));
  const bytes = new Uint8Array(4 + text.length + wasm.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(wasm, 4 + text.length);
  return bytes;
}

/** `bytes` is not shared with anybody. */
export function decodeTranslation(bytes: Uint8Array<ArrayBuffer>): Translation {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const rest = JSON.parse(decoder.decode(bytes.subarray(4, end))) as Omit<Translation, 'wasm'>;
  return { ...rest, wasm: bytes.slice(end) };
}
