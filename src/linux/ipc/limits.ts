/** The limits of IPC objects, which /proc/sys shows and root can change (proc_sys_kernel(5), mq_overview(7)). */
import { fail } from '../errno.ts';
import { MAX_OBJECTS } from './objects.ts';

const INT_MAX = 0x7fffffff;
/** No limit to speak of: ULONG_MAX - (1 << 24). */
const UNLIMITED = 0xffff_ffff_feff_ffffn;
const UNSIGNED_LONG_MAX = 0xffff_ffff_ffff_ffffn;

/** What even root cannot exceed. */
export const HARD_MSGMAX = 65536;
export const HARD_MSGSIZEMAX = 1 << 24;
const MIN_MSGSIZEMAX = 128;

/** Numbers in a row, and what each may be. */
interface Setting {
  readonly values: bigint[];
  readonly ranges: readonly (readonly [least: bigint, most: bigint])[];
}

function setting(
  ...rows: readonly (readonly [value: number | bigint, least: number, most: number | bigint])[]
): Setting {
  return {
    values: rows.map(([value]) => BigInt(value)),
    ranges: rows.map(([, least, most]) => [BigInt(least), BigInt(most)]),
  };
}

/** By path below /proc/sys. */
const defaultSettings = () => ({
  'kernel/shmmax': setting([UNLIMITED, 0, UNSIGNED_LONG_MAX]),
  'kernel/shmall': setting([UNLIMITED, 0, UNSIGNED_LONG_MAX]),
  'kernel/shmmni': setting([4096, 0, MAX_OBJECTS]),
  // SEMMSL, SEMMNS, SEMOPM, SEMMNI.
  'kernel/sem': setting([32000, 0, INT_MAX], [1024000000, 0, INT_MAX], [500, 0, INT_MAX], [32000, 0, MAX_OBJECTS]),
  'kernel/msgmax': setting([8192, 0, INT_MAX]),
  'kernel/msgmnb': setting([16384, 0, INT_MAX]),
  'kernel/msgmni': setting([32000, 0, MAX_OBJECTS]),
  'fs/mqueue/queues_max': setting([256, 0, INT_MAX]),
  'fs/mqueue/msg_max': setting([10, 1, HARD_MSGMAX]),
  'fs/mqueue/msgsize_max': setting([8192, MIN_MSGSIZEMAX, HARD_MSGSIZEMAX]),
  'fs/mqueue/msg_default': setting([10, 1, HARD_MSGMAX]),
  'fs/mqueue/msgsize_default': setting([8192, MIN_MSGSIZEMAX, HARD_MSGSIZEMAX]),
});

type SettingPath = keyof ReturnType<typeof defaultSettings>;

export class IpcLimits {
  readonly #settings: Readonly<Record<SettingPath, Setting>> = defaultSettings();

  #value(path: SettingPath, index = 0): bigint {
    return this.#settings[path].values[index] ?? 0n;
  }

  #number(path: SettingPath, index = 0): number {
    return Number(this.#value(path, index));
  }

  /** Bytes of a segment. */
  get shmmax(): bigint {
    return this.#value('kernel/shmmax');
  }
  /** Pages of all segments together. */
  get shmall(): bigint {
    return this.#value('kernel/shmall');
  }
  get shmmni(): number {
    return this.#number('kernel/shmmni');
  }
  /** Semaphores of a set. */
  get semmsl(): number {
    return this.#number('kernel/sem', 0);
  }
  /** Semaphores of all sets together. */
  get semmns(): number {
    return this.#number('kernel/sem', 1);
  }
  /** Operations of a call. */
  get semopm(): number {
    return this.#number('kernel/sem', 2);
  }
  get semmni(): number {
    return this.#number('kernel/sem', 3);
  }
  /** Bytes of a message. */
  get msgmax(): number {
    return this.#number('kernel/msgmax');
  }
  /** Bytes of a queue's messages together, unless somebody says otherwise. */
  get msgmnb(): number {
    return this.#number('kernel/msgmnb');
  }
  get msgmni(): number {
    return this.#number('kernel/msgmni');
  }
  get mqQueues(): number {
    return this.#number('fs/mqueue/queues_max');
  }
  get mqMessages(): number {
    return this.#number('fs/mqueue/msg_max');
  }
  get mqMessageSize(): number {
    return this.#number('fs/mqueue/msgsize_max');
  }
  get mqDefaultMessages(): number {
    return this.#number('fs/mqueue/msg_default');
  }
  get mqDefaultMessageSize(): number {
    return this.#number('fs/mqueue/msgsize_default');
  }

  #setting(path: string): Setting {
    return Object.entries(this.#settings).find(([name]) => name === path)?.[1] ?? fail('ENOENT');
  }

  text(path: string): string {
    return `${this.#setting(path).values.join('\t')}\n`;
  }

  /** What is written to the file: as many of its numbers as there are in `text`. */
  store(path: string, text: string): void {
    const { values, ranges } = this.#setting(path);
    const words = text.trim().split(/\s+/);
    if (words.length > values.length || !words.every((word) => /^[0-9]{1,20}$/.test(word))) fail('EINVAL');
    const wanted = words.map(BigInt);
    wanted.forEach((value, index) => {
      const [least, most] = ranges[index] ?? fail('EINVAL');
      if (value < least || value > most) fail('EINVAL');
    });
    wanted.forEach((value, index) => (values[index] = value));
  }
}
