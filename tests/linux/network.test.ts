import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcess, run, type Network } from '../../src/index.ts';

const guests = ['riscv64', 'aarch64', 'x64'];
const program = (guest: string): string => fileURLToPath(new URL(`../fixtures/${guest}/net`, import.meta.url));

async function textOf(guest: string, mode: string, port: number, network: Network): Promise<string> {
  const { stdout } = await run(program(guest), { args: [mode, String(port)], network, limits: { wallTime: 20_000 } });
  return new TextDecoder().decode(stdout);
}

/** A port of the host that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const body = 'x'.repeat(300_000);
const server = http.createServer(({ url }, response) => response.end(`${String(url)} ${body}`));
const echo = dgram.createSocket('udp4');
let port = 0;
let echoPort = 0;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  echo.on('message', (bytes, from) => echo.send(`${String(bytes)} pong`, from.port, from.address));
  echo.bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(echo, 'listening')]);
  port = (server.address() as AddressInfo).port;
  echoPort = echo.address().port;
});

afterAll(() => {
  server.close();
  echo.close();
});

/** Two UDP sockets of the host whose ports differ in the lowest bit alone. */
async function neighbours(): Promise<{ client: dgram.Socket; neighbour: dgram.Socket }> {
  for (;;) {
    const client = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(client, 'listening');
    const neighbour = dgram.createSocket('udp4');
    try {
      neighbour.bind(client.address().port ^ 1, '127.0.0.1');
      await once(neighbour, 'listening');
      return { client, neighbour };
    } catch {
      // Somebody has that port: another pair.
      client.close();
      neighbour.close();
    }
  }
}

describe.each(guests)('a %s guest on the network of the host', (guest) => {
  it('fetches from a server of the host', async () => {
    const text = await textOf(guest, 'get', port, 'host');
    expect(text).toMatch(/^connect=0\nHTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain(`/guest ${body}`);
  });

  it('learns how a connection went that it did not wait for', async () => {
    const told = (again: number, error: number): string =>
      `connect=-115\nagain=${String(again)}\npoll=1\ngetsockopt=0\nerror=${String(error)}\n`;
    // By the second connect the host may have answered: then it is the one that tells.
    expect([told(-114, 0), told(0, 0)]).toContain(await textOf(guest, 'later', port, 'host'));
    expect([told(-114, 111), told(-111, 0)]).toContain(await textOf(guest, 'later', await freePort(), 'host'));
  });

  it('exchanges datagrams', async () => {
    expect(await textOf(guest, 'udp', echoPort, 'host')).toBe('sendto=4\nrecvfrom=9\nsame port=1\nping pong');
  });

  it('reaches what is allowed, by address or name, and nothing else', async () => {
    const only = (host: string, allowed: number): Network => ({ allow: [{ host, port: allowed }] });
    expect(await textOf(guest, 'get', port, only('127.0.0.1', port))).toMatch(/^connect=0\n/);
    expect(await textOf(guest, 'get', port, only('localhost', port))).toMatch(/^connect=0\n/);
    expect(await textOf(guest, 'get', port, only('127.0.0.1', echoPort))).toBe('connect=-111\n');
    expect(await textOf(guest, 'get', port, only('127.0.0.2', port))).toBe('connect=-111\n');
    expect(await textOf(guest, 'get', port, 'loopback')).toBe('connect=-111\n');
    expect(await textOf(guest, 'get', port, 'none')).toBe('connect=-9\n');
  });

  it('serves a client of the host at a published port', async () => {
    const hostPort = await freePort();
    const child = await createProcess({
      program: program(guest),
      args: ['serve', '80'],
      publish: [{ hostPort, guestPort: 80 }],
      limits: { wallTime: 20_000 },
    });
    const reader = child.stdout.getReader();
    let said = '';
    while (!said.includes('listen=0')) said += new TextDecoder().decode((await reader.read()).value);
    const client = net.connect(hostPort, '127.0.0.1');
    client.end(body);
    let answer = '';
    for await (const chunk of client) answer += String(chunk);
    expect(answer).toBe(body);
    expect((await child.exited).exitCode).toBe(0);
  });

  it('answers programs of the host that write to a published UDP port', async () => {
    const { client, neighbour } = await neighbours();
    let strays = 0;
    neighbour.on('message', () => strays++);
    const hostPort = await freePort();
    const child = await createProcess({
      program: program(guest),
      args: ['answer', '53'],
      publish: [{ hostPort, guestPort: 53, protocol: 'udp' }],
      limits: { wallTime: 20_000 },
    });
    const reader = child.stdout.getReader();
    let said = '';
    while (!said.includes('bind=0')) said += new TextDecoder().decode((await reader.read()).value);
    for (const answer of ['ping?', 'ping!']) {
      client.send('ping', hostPort, '127.0.0.1');
      const [bytes, from] = (await once(client, 'message')) as [Uint8Array, dgram.RemoteInfo];
      expect([String(bytes), from.port]).toEqual([answer, hostPort]);
    }
    client.close();
    // What is sent to where nobody has written from is lost.
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
      said += new TextDecoder().decode(chunk.value);
    expect(said).toBe('bind=0\nrecvfrom=4\nsendto=5\nrecvfrom=4\nconnect=0\nsendto=5\nelsewhere=1\n');
    neighbour.close();
    expect(strays).toBe(0);
  });
});

it('says which port it cannot listen at, and which name has no address', async () => {
  const [guest] = guests;
  const publish = [{ hostPort: port, guestPort: 80 }];
  await expect(run(program(guest!), { args: ['serve', '80'], publish })).rejects.toThrow(
    `cannot listen at 127.0.0.1 port ${String(port)} of the host (EADDRINUSE)`,
  );
  const network = { allow: [{ host: 'no.such.name.invalid', port: 80 }] };
  await expect(run(program(guest!), { args: ['get', '80'], network })).rejects.toThrow('no.such.name.invalid');
  await expect(run(program(guest!), { publish, network: 'none' })).rejects.toThrow('make it loopback');
});
