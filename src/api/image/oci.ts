/** Reads OCI image layouts (opencontainers/image-spec): a folder, or a tar archive of one. */
import { ConfigurationError } from '../../common/errors.ts';
import type { ArchiveReader, ArchiveEntry } from './tar.ts';
import type { Layer } from './tree.ts';

/** What an image says about running it; user and working directory as in its configuration. */
export interface OciImage {
  readonly layers: readonly Layer[];
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user: string;
  readonly cwd: string;
}

/** Architectures of Hospes's guests, in the image's words. */
const ARCHITECTURES: ReadonlySet<unknown> = new Set(['riscv64', 'arm64', 'amd64']);
const LAYER_TYPES =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.diff\.tar)([+.](gzip|zstd))?$/;
const INDEX_TYPES = /(image\.index\.v1|manifest\.list\.v2)\+json$/;
const DEPTH = 4;

type Json = Readonly<Record<string, unknown>>;

export async function readImage(reader: ArchiveReader, path: string): Promise<OciImage> {
  const store = reader.isFolder(path)
    ? (name: string): Uint8Array => reader.file(`${path}/${name}`)
    : archiveStore(await reader.entries(reader.file(path), path), path);
  const image = new ImageReader(reader, path, store);
  return image.read();
}

function archiveStore(entries: readonly ArchiveEntry[], label: string): (name: string) => Uint8Array {
  const files = new Map(
    entries.filter(({ kind }) => kind === 'file').map(({ path, data }) => [path.join('/'), data] as const),
  );
  return (name) => files.get(name) ?? invalid(label, `it has no ${name}`);
}

function invalid(label: string, problem: string): never {
  throw new ConfigurationError('image', `${label} is no OCI image layout that can be used: ${problem}`);
}

class ImageReader {
  readonly #reader: ArchiveReader;
  readonly #label: string;
  readonly #file: (name: string) => Uint8Array;

  constructor(reader: ArchiveReader, label: string, file: (name: string) => Uint8Array) {
    this.#reader = reader;
    this.#label = label;
    this.#file = file;
  }

  async read(): Promise<OciImage> {
    const manifest = this.#manifest(this.#parse(this.#file('index.json'), 'index.json'), DEPTH);
    const config = this.#json(object(manifest['config']));
    const { config: run = {} } = config;
    const settings = object(run);
    const layers: Layer[] = [];
    for (const descriptor of list(manifest['layers']).map(object)) {
      const type = String(descriptor['mediaType']);
      if (!LAYER_TYPES.test(type)) invalid(this.#label, `a layer is of type ${type}`);
      const label = `layer ${String(layers.length + 1)} of ${this.#label}`;
      layers.push({ label, entries: await this.#reader.entries(this.#blob(descriptor), label) });
    }
    return {
      layers,
      env: Object.fromEntries(texts(settings['Env']).map(splitVariable)),
      entrypoint: texts(settings['Entrypoint']),
      command: texts(settings['Cmd']),
      user: text(settings['User']),
      cwd: text(settings['WorkingDir']) || '/',
    };
  }

  /** The first manifest for a machine that there is a guest for. */
  #manifest(index: Json, depth: number): Json {
    if (Array.isArray(index['layers'])) return index;
    const usable = list(index['manifests'])
      .map(object)
      .filter(({ platform }) => platform === undefined || ARCHITECTURES.has(object(platform)['architecture']));
    const [first] = usable;
    if (first === undefined || depth === 0)
      return invalid(this.#label, 'it has no manifest for riscv64, arm64 or amd64');
    const found = this.#json(first);
    return INDEX_TYPES.test(text(first['mediaType'])) ? this.#manifest(found, depth - 1) : found;
  }

  #json(descriptor: Json): Json {
    return this.#parse(this.#blob(descriptor), text(descriptor['digest']));
  }

  #parse(bytes: Uint8Array, name: string): Json {
    try {
      return object(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      return invalid(this.#label, `${name} is no JSON`);
    }
  }

  /** A blob, which is what its digest says. */
  #blob(descriptor: Json): Uint8Array {
    const digest = text(descriptor['digest']);
    // The digest becomes a file's name: nothing else may get into it.
    const hex = /^sha256:([\da-f]{64})$/.exec(digest)?.[1];
    if (hex === undefined)
      return invalid(this.#label, `it names a blob ${JSON.stringify(digest)}; sha256 is supported`);
    const bytes = this.#file(`blobs/sha256/${hex}`);
    return this.#reader.sha256(bytes) === hex
      ? bytes
      : invalid(this.#label, `the blob ${digest} has other contents than its digest says`);
  }
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return list(value).filter((item) => typeof item === 'string');
}

function splitVariable(variable: string): [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}

/** The ids behind an image's user, `NAME` or `UID`, with `:GROUP`; names are looked up in its /etc/passwd and group. */
export function userOf({ user, layers }: OciImage, label: string): { readonly uid: number; readonly gid: number } {
  if (user === '') return { uid: 0, gid: 0 };
  const [name = '', group] = user.split(':');
  const row = rows(layers, 'passwd').find(([login, , uid]) => login === name || uid === name);
  const uid = /^\d+$/.test(name) ? Number(name) : Number(row?.[2] ?? Number.NaN);
  const groupRow = group === undefined ? undefined : rows(layers, 'group').find(([login]) => login === group);
  const own = group === undefined ? Number(row?.[3] ?? 0) : Number.NaN;
  const gid = group !== undefined && /^\d+$/.test(group) ? Number(group) : Number(groupRow?.[2] ?? own);
  if (Number.isNaN(uid) || Number.isNaN(gid))
    return invalid(label, `its user ${JSON.stringify(user)} is not known to it`);
  return { uid, gid };
}

/** The fields of a table in /etc, of the uppermost layer that has it. */
function rows(layers: readonly Layer[], name: string): string[][] {
  const found = layers
    .flatMap(({ entries }) => entries)
    .findLast(({ path, kind }) => kind === 'file' && path.join('/') === `etc/${name}`);
  return new TextDecoder()
    .decode(found?.data)
    .split('\n')
    .map((line) => line.split(':'));
}
