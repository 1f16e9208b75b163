/** AF_UNIX sockets: unix(7). Names are files of the VFS, or abstract ones of the guest's own. */
import { decodeName, encodeName } from '../../common/file-name.ts';
import { fail, isLinuxError } from '../errno.ts';
import { FILE_TYPE, W_OK } from '../vfs/constants.ts';
import type { FsContext, Inode } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { LocalSocket } from './local-socket.ts';
import { AF_UNIX, SOCK_DGRAM } from './socket.ts';

const PATH_LENGTH = 108;

/** The names of one guest. */
export class UnixNames {
  readonly byFile = new Map<string, UnixSocket>();
  readonly abstract = new Map<string, UnixSocket>();
  #lastAutomatic = 0;

  /** An abstract name that nobody has: five hexadecimal digits. */
  automatic(): Uint8Array {
    return encodeName(`\0${(++this.#lastAutomatic).toString(16).padStart(5, '0')}`);
  }
}

const names = new WeakMap<Vfs, UnixNames>();

export function unixNamesOf(vfs: Vfs): UnixNames {
  let known = names.get(vfs);
  if (known === undefined) names.set(vfs, (known = new UnixNames()));
  return known;
}

function keyOf({ fs, ino }: Inode): string {
  return `${String(fs.dev)}:${String(ino)}`;
}

/** The name in a struct sockaddr_un: a path, or for an abstract name everything after a NUL. */
function parse(address: Uint8Array): Uint8Array {
  if (address.length < 2 || address.length > 2 + PATH_LENGTH) fail('EINVAL');
  if ((address[0] ?? 0) + (address[1] ?? 0) * 256 !== AF_UNIX) fail('EAFNOSUPPORT');
  const name = address.subarray(2);
  if (name.length === 0 || name[0] === 0) return name;
  const nul = name.indexOf(0);
  return nul === -1 ? name : name.subarray(0, nul);
}

export class UnixSocket extends LocalSocket {
  readonly #vfs: Vfs;
  readonly #names: UnixNames;
  /** As in sockaddr_un; empty for none. */
  #name: Uint8Array = new Uint8Array();
  #nameIsPath = false;
  #release: (() => void) | null = null;

  constructor(vfs: Vfs, type: number) {
    super(vfs.environment, AF_UNIX, type, 0);
    this.#vfs = vfs;
    this.#names = unixNamesOf(vfs);
  }

  override bind(address: Uint8Array, context: FsContext): void {
    const name = parse(address);
    if (this.#name.length > 0) fail('EINVAL');
    if (name.length === 0) this.autobindNow();
    else if (name[0] === 0) this.#bindAbstract(name.slice());
    else this.#bindPath(name.slice(), context);
  }

  #bindAbstract(name: Uint8Array): void {
    const key = decodeName(name);
    const { abstract } = this.#names;
    if (abstract.has(key)) fail('EADDRINUSE');
    abstract.set(key, this);
    this.#name = name;
    this.#release = () => abstract.delete(key);
  }

  #bindPath(name: Uint8Array, context: FsContext): void {
    const path = decodeName(name);
    try {
      this.#vfs.mknod(context, path, FILE_TYPE.socket | (0o777 & ~context.umask), 0);
    } catch (error) {
      if (isLinuxError(error, 'EEXIST')) fail('EADDRINUSE');
      throw error;
    }
    const key = keyOf(this.#vfs.resolve(context, path, { followLast: false }).dentry.inode);
    this.#names.byFile.set(key, this);
    this.#name = name;
    this.#nameIsPath = true;
    this.#release = () => this.#names.byFile.delete(key);
  }

  autobindNow(): void {
    this.#bindAbstract(this.#names.automatic());
  }

  protected override autobind(): void {
    // Only SO_PASSCRED gives a name to a socket that has none.
  }

  protected override find(address: Uint8Array, context: FsContext): UnixSocket {
    const name = parse(address);
    if (name.length === 0) return fail('ECONNREFUSED');
    if (name[0] === 0) return this.#names.abstract.get(decodeName(name)) ?? fail('ECONNREFUSED');
    const location = this.#vfs.resolve(context, decodeName(name));
    this.#vfs.access(location, W_OK, context.credentials);
    if (location.dentry.inode.kind !== 'socket') fail('ECONNREFUSED');
    const found = this.#names.byFile.get(keyOf(location.dentry.inode)) ?? fail('ECONNREFUSED');
    if (this.type !== SOCK_DGRAM && found.type === this.type && !found.listening) fail('ECONNREFUSED');
    return found;
  }

  override connect(...[address, context, owner]: Parameters<LocalSocket['connect']>): void {
    if (this.type === SOCK_DGRAM && (address[0] ?? 0) === 0 && (address[1] ?? 0) === 0) return this.disconnect();
    super.connect(address, context, owner);
  }

  protected override accepted(): UnixSocket {
    const socket = new UnixSocket(this.#vfs, this.type);
    socket.#name = this.#name;
    socket.#nameIsPath = this.#nameIsPath;
    return socket;
  }

  /** net/unix/af_unix.c: unix_stream_read_generic. Its packets answer as other sockets do. */
  protected override whenUnconnected(): 'EINVAL' | 'ENOTCONN' {
    return this.isStream ? 'EINVAL' : 'ENOTCONN';
  }

  /** Nobody could connect to a socket without a name. */
  override listen(...[backlog, owner]: Parameters<LocalSocket['listen']>): void {
    if (this.type !== SOCK_DGRAM && this.#name.length === 0) fail('EINVAL');
    super.listen(backlog, owner);
  }

  protected override unbind(): void {
    this.#release?.();
    this.#release = null;
  }

  /** A socket without a name has no address, not an empty one (net/unix/af_unix.c, unix_copy_addr). */
  protected override get senderName(): Uint8Array | null {
    return this.#name.length === 0 ? null : this.name();
  }

  /** struct sockaddr_un: a path with its NUL, an abstract name as long as it is. */
  override name(): Uint8Array {
    return Uint8Array.of(AF_UNIX, 0, ...this.#name, ...(this.#nameIsPath ? [0] : []));
  }
}
