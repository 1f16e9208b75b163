import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, encodeName } from './file-name.ts';

describe('names of files', () => {
  it('survive the way in and out, whatever their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(encodeName(decodeName(bytes))).toEqual(bytes);
      }),
    );
  });

  it('are plain text where they are UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeName(new TextEncoder().encode(text))).toBe(text);
      }),
    );
    expect(decodeName(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it('escape what is not', () => {
    // Alone, cut off, overlong, a surrogate in UTF-8, beyond U+10FFFF.
    expect(decodeName(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\udcffb');
    expect(decodeName(Uint8Array.of(0xe2, 0x82))).toBe('\udce2\udc82');
    expect(decodeName(Uint8Array.of(0xc0, 0xaf))).toBe('\udcc0\udcaf');
    expect(decodeName(Uint8Array.of(0xed, 0xa0, 0x80))).toBe('\udced\udca0\udc80');
    expect(decodeName(Uint8Array.of(0xf4, 0x90, 0x80, 0x80))).toBe('\udcf4\udc90\udc80\udc80');
    expect(decodeName(Uint8Array.of(0xc3, 0xa9, 0xe9))).toBe('é\udce9');
  });

  it('replace a lone surrogate that no byte stands for', () => {
    expect(encodeName('\ud800')).toEqual(new TextEncoder().encode('\ufffd'));
  });
});
