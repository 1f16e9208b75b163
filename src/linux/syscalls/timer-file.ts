/** timerfd_create(2): a timer that is read. */
import type { Cancel, Platform } from '../../platform/types.ts';
import { fail } from '../errno.ts';
import { RealTimer, type IntervalTimerSetting } from '../process/timers.ts';
import { POLLIN, POLLRDNORM } from '../vfs/constants.ts';
import { Notifier } from '../vfs/notifier.ts';
import { BaseOpenFile } from '../vfs/open-file.ts';
import type { SpecialInode } from '../vfs/types.ts';

export class TimerFile extends BaseOpenFile {
  override readonly inode: SpecialInode;
  readonly clock: number;
  readonly #timer: RealTimer;
  readonly #changes = new Notifier();
  #expirations = 0n;

  constructor(inode: SpecialInode, platform: Pick<Platform, 'clock' | 'setTimer'>, clock: number) {
    super();
    this.inode = inode;
    this.clock = clock;
    this.#timer = new RealTimer(platform, (expirations) => {
      this.#expirations += expirations;
      this.#changes.notify();
    });
  }

  get setting(): IntervalTimerSetting {
    return this.#timer.setting;
  }

  set(setting: IntervalTimerSetting): void {
    this.#expirations = 0n;
    this.#timer.set(setting);
  }

  /** How often it expired since it was read last. */
  override readAt(buffer: Uint8Array): number {
    if (buffer.length < 8) fail('EINVAL');
    if (this.#expirations === 0n) fail('EAGAIN');
    new DataView(buffer.buffer, buffer.byteOffset, 8).setBigUint64(0, this.#expirations, true);
    this.#expirations = 0n;
    return 8;
  }

  override readiness(): number {
    return this.#expirations > 0n ? POLLIN | POLLRDNORM : 0;
  }

  override onReady(listener: () => void): Cancel {
    return this.#changes.subscribe(listener);
  }

  override close(): void {
    this.#timer.cancel();
  }
}
