/** Reads the archives and the image that a request names, before its guest starts. */
import { ConfigurationError } from '../../common/errors.ts';
import type { ProgramOptions } from '../types.ts';
import { defaultEnvironment } from '../environment.ts';
import { readImage, userOf, type OciImage } from './oci.ts';
import { ArchiveReader, type ArchivePlatform } from './tar.ts';
import type { Layer } from './tree.ts';

export interface Archives {
  /** Layers by the source of a mount or root that is an archive. */
  readonly bySource: ReadonlyMap<string, Layer>;
  readonly image: OciImage | undefined;
}

export const noArchives: Archives = { bySource: new Map(), image: undefined };

/** What the request's root, mounts and image are, where they are archives. `ConfigurationError` for hostile ones. */
export async function loadArchives(
  platform: ArchivePlatform,
  { root, mounts = [], image }: Pick<ProgramOptions, 'root' | 'mounts' | 'image'>,
): Promise<Archives> {
  if (image !== undefined && root !== undefined)
    throw new ConfigurationError('bad-option', 'give a root or an image, not both');
  const names = [...(root === undefined ? [] : [root]), ...mounts.map(({ source }) => source)].filter(isArchiveName);
  if (names.length === 0 && image === undefined) return noArchives;
  const reader = new ArchiveReader(platform);
  const bySource = new Map<string, Layer>();
  for (const source of names) {
    if (reader.isFolder(source)) continue;
    bySource.set(source, { label: source, entries: await reader.entries(reader.file(source), source) });
  }
  return { bySource, image: image === undefined ? undefined : await readImage(reader, image) };
}

function isArchiveName(source: string): boolean {
  return /\.(tar|tgz|tar\.(gz|zst|xz))$/i.test(source);
}

interface Runnable extends ProgramOptions {
  readonly path: string;
}

/** Fills in what the image says where the request does not: as `docker run IMAGE [COMMAND]` does. */
export function withImage<Request extends Runnable>(request: Request, archives: Archives): Request {
  const { image } = archives;
  if (image === undefined) return request;
  const given = request.path === '' ? image.command : [request.path, ...(request.args ?? [])];
  const [path, ...args] = [...image.entrypoint, ...given];
  const label = request.image ?? '';
  if (path === undefined) throw new ConfigurationError('image', `${label} has no command of its own; give a program`);
  const user = request.user ?? userOf(image, label);
  return {
    ...request,
    path,
    argv0: path,
    args,
    env: { ...defaultEnvironment(user.uid), ...image.env, ...request.env },
    cwd: request.cwd ?? image.cwd,
    user,
  };
}
