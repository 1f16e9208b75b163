/**
 * Names of files between bytes and strings. Linux names are bytes; almost all are UTF-8. A byte that is not
 * part of valid UTF-8 becomes the lone surrogate U+DC00 + byte (PEP 383, surrogateescape), so that every name
 * survives the way in and out unchanged.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Decodes a name or path as the guest gave it (without the terminating NUL). */
export function decodeName(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeGeneral(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeGeneral(bytes: Uint8Array): string {
  // A copy: the guest's memory may be shared, which TextDecoder refuses in browsers.
  const copy = bytes.slice();
  try {
    return decoder.decode(copy);
  } catch {
    return decodeEscaped(copy);
  }
}

/** Length of the UTF-8 sequence that starts with `lead` (Unicode 15, table 3-6), 0 for none. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = '';
  let position = 0;
  while (position < bytes.length) {
    const lead = bytes[position] ?? 0;
    const length = sequenceLength(lead);
    const sequence = length === 0 ? undefined : tryDecode(bytes.subarray(position, position + length));
    text += sequence ?? String.fromCharCode(0xdc00 + lead);
    position += sequence === undefined ? 1 : length;
  }
  return text;
}

function tryDecode(sequence: Uint8Array): string | undefined {
  try {
    return decoder.decode(sequence);
  } catch {
    return undefined;
  }
}

/** The bytes of a name; the inverse of `decodeName`. */
export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  if (!LONE_SURROGATE.test(name)) return encoder.encode(name);
  const bytes: number[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}
