import type { Compression, Platform } from '../types.ts';
import { nodeErrorCode } from './host-errors.ts';

/** Node's own decompressors; zstd is there from Node 22.15 on. */
export const decompress: Platform['decompress'] = (kind, bytes, limit) => {
  const expand = decompressorOf(kind);
  if (expand === undefined) return 'unsupported';
  try {
    return new Uint8Array(expand(bytes, { maxOutputLength: Math.max(limit, 1) }));
  } catch (error) {
    const code = nodeErrorCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') return 'too-large';
    if (code !== undefined && /^(Z_|ZSTD_|ERR_)/.test(code)) return 'corrupt';
    throw error;
  }
};

type Decompressor = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

function decompressorOf(kind: Compression): Decompressor | undefined {
  // Loaded when it is needed: most guests have no archives.
  const zlib: { readonly gunzipSync: Decompressor; readonly zstdDecompressSync?: Decompressor } =
    process.getBuiltinModule('node:zlib');
  return kind === 'gzip' ? zlib.gunzipSync : zlib.zstdDecompressSync;
}
