/** The pseudoterminals of one guest: /dev/ptmx makes them, /dev/pts shows their slaves. */
import { fail, isLinuxError } from '../errno.ts';
import { FILE_TYPE } from '../vfs/constants.ts';
import { DEVICE } from '../vfs/dev/devices.ts';
import { makeDevice } from '../vfs/environment.ts';
import type { Caller, FsContext, SpecialInode } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { MasterFile, Pty, type PtyHooks } from './pty.ts';

/** UNIX98 pty slaves have majors from 136 on; 0 is kept for the terminal of the host. */
const SLAVE_MAJOR = 136;
const FIRST = 1;
const LAST = 255;
const TTY_GROUP = 5;

export class Ptys {
  readonly #vfs: Vfs;
  readonly #hooks: PtyHooks;
  readonly #ptys = new Map<number, Pty>();
  readonly #registered = new Set<number>();

  constructor(vfs: Vfs, hooks: Omit<PtyHooks, 'hangUp'> & { readonly hangUp: (pty: Pty) => void }) {
    this.#vfs = vfs;
    this.#hooks = {
      signal: hooks.signal,
      hangUp: (pty) => {
        this.#remove(pty);
        hooks.hangUp(pty);
      },
    };
    vfs.environment.registerDevice('char', DEVICE.ptmx, (inode, _flags, caller) => this.#open(inode, caller));
  }

  #open(inode: SpecialInode, caller: Caller): MasterFile {
    let number = FIRST;
    while (this.#ptys.has(number)) number++;
    if (number > LAST) fail('ENOSPC');
    const pty = new Pty(number, this.#hooks);
    this.#register(number);
    this.#show(number, caller);
    this.#ptys.set(number, pty);
    return new MasterFile(inode, pty);
  }

  /** A device stays known, and leads to whatever pseudoterminal has the number. */
  #register(number: number): void {
    if (this.#registered.has(number)) return;
    this.#registered.add(number);
    this.#vfs.environment.registerDevice('char', makeDevice(SLAVE_MAJOR, number), (inode) =>
      (this.#ptys.get(number) ?? fail('EIO')).openSlave(inode),
    );
  }

  #show(number: number, caller: Caller): void {
    const { root } = this.#vfs;
    const credentials = { uid: 0, gid: 0, groups: [] };
    const context: FsContext = { root, cwd: root, credentials, umask: 0, pid: 0, tid: 0 };
    const path = `/dev/pts/${String(number)}`;
    this.#vfs.mknod(context, path, FILE_TYPE.char | 0o620, makeDevice(SLAVE_MAJOR, number));
    const { inode } = this.#vfs.resolve(context, path).dentry;
    inode.setAttributes({ uid: caller.credentials.uid, gid: TTY_GROUP });
  }

  #remove({ number }: Pty): void {
    this.#ptys.delete(number);
    const { root } = this.#vfs;
    const credentials = { uid: 0, gid: 0, groups: [] };
    try {
      const context: FsContext = { root, cwd: root, credentials, umask: 0, pid: 0, tid: 0 };
      this.#vfs.unlink(context, `/dev/pts/${String(number)}`);
    } catch (error) {
      // Somebody has removed the node already.
      if (!isLinuxError(error)) throw error;
    }
  }
}
