import { expect, it } from 'vitest';
import type { HostConnection, HostNetwork } from '../../platform/types.ts';
import { Outside, type OutsidePolicy } from './outside.ts';

const unused = (): never => {
  throw new Error('not asked for here');
};

function outside(policy: OutsidePolicy | null, network: Partial<HostNetwork> = {}): Outside {
  const whole = { connect: unused, datagrams: unused, listen: unused, resolve: unused, nameServers: () => [] };
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
    close: () => undefined,
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
