import { expect, it } from 'vitest';
import type { HostConnection, HostNetwork } from '../../platform/types.ts';
import { Outside, type OutsidePolicy } from './outside.ts';

const unused = (): never => {
  throw new Error('not asked for here');
};

function outside(policy: OutsidePolicy | null, network: Partial<HostNetwork> = {}): Outside {
  const sockets = { connect: unused, datagrams: unused, listen: unused, bindDatagrams: unused };
  const whole = { ...sockets, resolve: unused, nameServers: () => [] };
  const setTimer = (_: bigint, callback: () => void): (() => void) => {
    callback();
    return () => undefined;
  };
  return new Outside({ network: { ...whole, ...network }, policy, setTimer });
}

it('asks the policy before the host', () => {
  expect(() => outside(null).connect({ address: '192.0.2.1', port: 80 })).toThrow('ENETUNREACH');
  const some = outside(({ address, port }) => address === '192.0.2.1' && port === 80);
  expect(() => some.connect({ address: '192.0.2.1', port: 81 })).toThrow('EACCES');
  expect(() => some.connect({ address: '192.0.2.2', port: 80 })).toThrow('EACCES');
  expect(() => some.connect({ address: '192.0.2.1', port: 80 })).toThrow('not asked for here');
});

it('asks it for every datagram', () => {
  const sent: number[] = [];
  const datagrams = (): ReturnType<HostNetwork['datagrams']> => ({
    send: (_, { port }) => void sent.push(port),
    close: () => Promise.resolve(),
  });
  const socket = outside(({ port }) => port === 53, { datagrams }).datagrams(4, null, {
    message: unused,
    failed: unused,
  });
  socket.send(new Uint8Array(1), { address: '192.0.2.1', port: 53 });
  expect(() => socket.send(new Uint8Array(1), { address: '192.0.2.1', port: 54 })).toThrow('EACCES');
  expect(sent).toEqual([53]);
});

it('drops connections that do not end by themselves', async () => {
  let gone: () => void = unused;
  const closed = new Promise<void>((resolve) => (gone = resolve));
  const connection = { closed, destroy: () => gone() } as unknown as HostConnection;
  const some = outside(() => true, { connect: () => connection });
  some.connect({ address: '192.0.2.1', port: 80 });
  await some.close();
});

it('answers those who wrote to a published port, and nobody else', async () => {
  const sent: string[] = [];
  let arrive: (port: number) => void = unused;
  const bindDatagrams: HostNetwork['bindDatagrams'] = (_, listener) => {
    arrive = (port) => listener.message(new Uint8Array(1), { address: '192.0.2.1', port });
    return Promise.resolve({
      send: (_, { port }) => void sent.push(String(port)),
      close: () => Promise.resolve(void sent.push('closed')),
    });
  };
  const some = outside(null, { bindDatagrams });
  const take = (_: Uint8Array, { port }: { port: number }): string | undefined =>
    port === 9 ? undefined : `name ${String(port)}`;
  await some.publishDatagrams({ address: '127.0.0.1', port: 5353 }, 53, take);
  const bytes = new Uint8Array(1);
  expect(some.answer(53, 'name 7', bytes)).toBe(false);
  arrive(7);
  arrive(9);
  expect([some.writesTo(53, 'name 7'), some.writesTo(53, 'name 9'), some.writesTo(54, 'name 7')]).toEqual([
    ...[true, false, false],
  ]);
  expect([some.answer(53, 'name 7', bytes), some.answer(54, 'name 7', bytes)]).toEqual([true, false]);
  for (let port = 10_000; port < 14_096; port++) arrive(port);
  // So many have written since that the first one is forgotten.
  expect([some.answer(53, 'name 7', bytes), some.answer(53, 'name 10000', bytes)]).toEqual([false, true]);
  await some.close();
  expect(sent).toEqual(['7', '10000', 'closed']);
  expect(some.writesTo(53, 'name 10000')).toBe(false);
});
