/** epoll(7): an interest list over open file descriptions. */
import { fail } from '../errno.ts';
import type { Cancel } from '../../platform/types.ts';
import { O_RDWR, POLLERR, POLLHUP, POLLIN, POLLRDNORM } from '../vfs/constants.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { Notifier } from '../vfs/notifier.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type { SpecialInode } from '../vfs/types.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { anonymousInode } from './anonymous.ts';

const EPOLLONESHOT = 1 << 30;
const EPOLLET = 1 << 31;
/** EPOLLEXCLUSIVE and EPOLLWAKEUP are about other waiters and about power; EPOLLET and ONESHOT are ours. */
const CONTROL_BITS = 0xf0000000;
/** fs/eventpoll.c, EP_MAX_NESTS. */
const MAX_NESTS = 4;

interface Interest {
  readonly fd: number;
  readonly description: FileDescription;
  events: number;
  data: bigint;
  /** Edge-triggered: something changed since the last report. */
  changed: boolean;
  readonly cancel: Cancel;
}

export class EpollFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  /** In the order in which they are reported; a reported one goes to the end. */
  #interests: Interest[] = [];
  readonly #changes = new Notifier();

  constructor(inode: SpecialInode) {
    super();
    this.inode = inode;
  }

  add(fd: number, description: FileDescription, events: number, data: bigint): void {
    if (description.file === this) fail('EINVAL');
    const { file } = description;
    if (!file.pollable) fail('EPERM');
    if (file instanceof EpollFile && (file.#reaches(this) || file.#depth() > MAX_NESTS)) fail('ELOOP');
    if (this.#find(fd, description) !== undefined) fail('EEXIST');
    const cancels = [
      description.file.onReady(() => {
        interest.changed = true;
        this.#changes.notify();
      }),
      // A description without descriptors is watched no more.
      description.onClose(() => {
        this.#drop(interest);
      }),
    ];
    const cancel = (): void => {
      for (const each of cancels) each();
    };
    const interest: Interest = { fd, description, events, data, changed: true, cancel };
    this.#interests.push(interest);
    this.#changes.notify();
  }

  modify(fd: number, description: FileDescription, events: number, data: bigint): void {
    const interest = this.#find(fd, description) ?? fail('ENOENT');
    interest.events = events;
    interest.data = data;
    interest.changed = true;
    this.#changes.notify();
  }

  remove(fd: number, description: FileDescription): void {
    const interest = this.#find(fd, description) ?? fail('ENOENT');
    this.#drop(interest);
  }

  #drop(interest: Interest): void {
    interest.cancel();
    this.#interests = this.#interests.filter((other) => other !== interest);
  }

  /** Reports up to `maximum` ready files. */
  collect(maximum: number, report: (events: number, data: bigint) => void): void {
    const reported: Interest[] = [];
    for (const interest of this.#interests) {
      if (reported.length === maximum) break;
      const ready = readyEvents(interest);
      if (ready === 0) continue;
      reported.push(interest);
      interest.changed = false;
      if ((interest.events & EPOLLONESHOT) !== 0) interest.events = interest.events & CONTROL_BITS;
      report(ready, interest.data);
    }
    // Those behind the last reported one come first next time.
    this.#interests = [...this.#interests.filter((interest) => !reported.includes(interest)), ...reported];
  }

  override readiness(): number {
    return this.#interests.some((interest) => readyEvents(interest) !== 0) ? POLLIN | POLLRDNORM : 0;
  }

  override onReady(listener: () => void): Cancel {
    return this.#changes.subscribe(listener);
  }

  override close(): void {
    for (const interest of this.#interests) interest.cancel();
    this.#interests = [];
  }

  #find(fd: number, description: FileDescription): Interest | undefined {
    return this.#interests.find((interest) => interest.fd === fd && interest.description === description);
  }

  /** How many files of this kind watch one another from here on. */
  #depth(): number {
    const below = this.#interests.map(({ description: { file } }) => (file instanceof EpollFile ? file.#depth() : 0));
    return 1 + Math.max(0, ...below);
  }

  /** Whether watching this file would, directly or not, watch `target`. */
  #reaches(target: EpollFile): boolean {
    return this.#interests.some(
      ({ description: { file } }) => file === target || (file instanceof EpollFile && file.#reaches(target)),
    );
  }
}

function readyEvents(interest: Interest): number {
  const { events, description } = interest;
  const wanted = events & ~CONTROL_BITS;
  // After a one-shot report nothing is wanted, not even errors, until EPOLL_CTL_MOD.
  if (wanted === 0 && (events & EPOLLONESHOT) !== 0) return 0;
  if ((events & EPOLLET) !== 0 && !interest.changed) return 0;
  return description.file.readiness() & (wanted | POLLERR | POLLHUP);
}

export function createEpoll(vfs: Vfs): FileDescription {
  return vfs.anonymous(new EpollFile(anonymousInode(vfs.environment)), 'anon_inode:[eventpoll]', O_RDWR);
}
