import { beforeEach, describe, expect, it } from 'vitest';
import type { MessageService } from '../../../common/message-service.ts';
import { FILE_TYPE, O_RDWR, POLLERR, POLLIN, POLLOUT } from '../constants.ts';
import { makeDevice } from '../environment.ts';
import type { FileDescription } from '../file-description.ts';
import { MemoryFileSystem } from '../memory/memory-fs.ts';
import { Fixture, USER, expectErrno } from '../testing/fixture.ts';
import { createDevFileSystem } from './dev-fs.ts';
import { addMessageDevice } from './message-device.ts';

const MASK = POLLIN | POLLOUT | POLLERR;

/** Answers when told to; one opener at a time. */
class Service implements MessageService {
  readonly longestRequest = 32;
  readonly asked: number[][] = [];
  closed = 0;
  #open = false;
  finish: (reply: Uint8Array | Error) => void = () => undefined;

  open(): ReturnType<MessageService['open']> {
    if (this.#open) return null;
    this.#open = true;
    return {
      answer: (request) => {
        this.asked.push([...request]);
        return new Promise((resolve, reject) => {
          this.finish = (reply) => (reply instanceof Error ? reject(reply) : resolve(reply));
        });
      },
      close: () => {
        this.#open = false;
        this.closed++;
      },
    };
  }
}

let fx: Fixture;
let service: Service;
let device: FileDescription;
beforeEach(() => {
  fx = new Fixture((environment) => new MemoryFileSystem(environment));
  fx.mkdir('/dev');
  const dev = createDevFileSystem(fx.vfs.environment, () => undefined);
  fx.vfs.mount(dev, fx.at('/dev'));
  service = new Service();
  addMessageDevice(fx.vfs.environment, dev, 'oracle', service);
  fx.as(USER);
  device = fx.open('/dev/oracle', O_RDWR);
});

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const read = (length: number): number[] => {
  const buffer = new Uint8Array(length);
  return [...buffer.subarray(0, device.read(buffer))];
};
const ready = (): number => device.file.readiness() & MASK;

describe('a device that answers messages', () => {
  it('is a character device for everybody', () => {
    expect(fx.stat('/dev/oracle')).toMatchObject({ mode: FILE_TYPE.char | 0o666, rdev: makeDevice(240, 0) });
  });

  it('takes a request in pieces, answers it, and gives the reply in pieces', async () => {
    expect(ready()).toBe(POLLOUT);
    expect(device.write(bytes(6, 0))).toBe(2);
    expect(device.write(bytes(0, 0, 1))).toBe(3);
    expect(service.asked).toEqual([]);
    // What comes after the request has to wait.
    expect(device.write(bytes(2, 9, 9, 9))).toBe(1);
    expect(service.asked).toEqual([[6, 0, 0, 0, 1, 2]]);
    expect(ready()).toBe(0);
    expectErrno('EAGAIN', () => read(10));
    expectErrno('EAGAIN', () => device.write(bytes(4)));

    let notified = 0;
    const cancel = device.file.onReady(() => notified++);
    service.finish(bytes(1, 2, 3));
    await Promise.resolve();
    expect(notified).toBe(1);
    expect(ready()).toBe(POLLIN);
    expectErrno('EAGAIN', () => device.write(bytes(4)));
    expect(read(2)).toEqual([1, 2]);
    expect(read(10)).toEqual([3]);
    expect(notified).toBe(2);
    cancel();
    expect(ready()).toBe(POLLOUT);
    expectErrno('EINVAL', () => read(10));
    expect(device.write(bytes(4, 0, 0, 0))).toBe(4);
    expect(service.asked).toHaveLength(2);
  });

  it.each([[0], [3], [33], [0xffffffff]])('refuses a request of %i bytes and goes on with the next', (size) => {
    expectErrno('EINVAL', () => device.write(new Uint8Array(Uint32Array.of(size).buffer)));
    expect(device.write(bytes(4, 0, 0, 0))).toBe(4);
    expect(service.asked).toEqual([[4, 0, 0, 0]]);
  });

  it('is of no use any more when there is no answer', async () => {
    device.write(bytes(4, 0, 0, 0));
    service.finish(new Error('a bug'));
    await new Promise(setImmediate);
    expect(ready()).toBe(MASK);
    expectErrno('EIO', () => read(1));
    expectErrno('EIO', () => device.write(bytes(4)));
  });

  it('has as many openers as the service allows', () => {
    expectErrno('EBUSY', () => fx.open('/dev/oracle', O_RDWR));
    device.release();
    expect(service.closed).toBe(1);
    device = fx.open('/dev/oracle', O_RDWR);
    expect(device.write(bytes(4, 0, 0, 0))).toBe(4);
  });
});
