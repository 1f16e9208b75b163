/** Archives by way of libraries: tar by modern-tar, digests by Node. */
import { unpackTar } from 'modern-tar';
import type { Platform } from '../types.ts';

export const untar: Platform['untar'] = async (archive) => {
  const entries = await unpackTar(archive, { strict: true });
  return entries.map(({ header, data }) => ({
    name: header.name,
    type: header.type ?? 'file',
    mode: header.mode,
    uid: header.uid ?? 0,
    gid: header.gid ?? 0,
    mtime: header.mtime?.getTime() ?? 0,
    target: header.linkname ?? '',
    data: data ?? new Uint8Array(),
  }));
};

export const sha256: Platform['sha256'] = (bytes) =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
