/** Turns what a caller allows into what the guest's sockets reach. */
import { ConfigurationError } from '../common/errors.ts';
import {
  acceptFromOutside,
  fromHostText,
  hostText,
  Outside,
  takeFromOutside,
  type NetworkAccess,
} from '../linux/index.ts';
import type { Vfs } from '../linux/vfs/vfs.ts';
import { HostNetworkError, type HostAddress, type HostNetwork, type Platform } from '../platform/types.ts';
import { addNetworkFile, appendNetworkFile } from './file-tree.ts';
import type { Endpoint, Network, ProgramOptions, Publication } from './types.ts';

export interface GuestNetwork {
  readonly access: NetworkAccess;
  /** Resolves names, listens, and tells the guest's files. Rejects with `ConfigurationError`. */
  open(vfs: Vfs): Promise<void>;
  /** What was written still leaves. A second call does nothing. */
  close(): Promise<void>;
}

export function openNetwork(
  platform: Platform,
  { network: wanted, publish = [] }: Pick<ProgramOptions, 'network' | 'publish'>,
): GuestNetwork {
  const network = wanted ?? (publish.length > 0 ? 'loopback' : 'none');
  checkPorts(network, publish);
  if (network === 'none' || (network === 'loopback' && publish.length === 0))
    return { access: network, open: () => Promise.resolve(), close: () => Promise.resolve() };
  const allowed = new Set<string>();
  const outside = new Outside({
    network: platform.network,
    policy: policyOf(network, allowed),
    setTimer: (nanoseconds, callback) => platform.setTimer(nanoseconds, callback),
  });
  return {
    access: outside,
    async open(vfs) {
      if (typeof network === 'object') await allow(platform.network, network.allow, allowed, vfs);
      for (const publication of publish) await publishPort(outside, publication, vfs);
      nameServers(platform.network, outside, vfs);
    },
    close: () => outside.close(),
  };
}

function policyOf(network: Network, allowed: ReadonlySet<string>): ((to: HostAddress) => boolean) | null {
  if (network === 'loopback') return null;
  return network === 'host' ? () => true : (to) => allowed.has(keyOf(to));
}

function keyOf({ address, port }: HostAddress): string {
  return `${address} ${String(port)}`;
}

function checkPorts(network: Network, publish: readonly Publication[]): void {
  if (network === 'none' && publish.length > 0)
    throw new ConfigurationError('bad-option', 'a port is published, but the network is none; make it loopback');
  const endpoints = typeof network === 'object' ? network.allow.map(({ port }) => port) : [];
  for (const port of [...endpoints, ...publish.flatMap(({ hostPort, guestPort }) => [hostPort, guestPort])])
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new RangeError(`port ${String(port)} is not one from 1 to 65535`);
}

/** Fills `allowed`; names become known to the guest's /etc/hosts. */
async function allow(host: HostNetwork, endpoints: readonly Endpoint[], allowed: Set<string>, vfs: Vfs): Promise<void> {
  const lines = new Set<string>();
  for (const endpoint of endpoints) {
    for (const text of await resolve(host, endpoint.host)) {
      const address = hostText(fromHostText(text, 0));
      allowed.add(keyOf({ address, port: endpoint.port }));
      if (text !== endpoint.host) lines.add(`${text} ${endpoint.host}\n`);
    }
  }
  if (lines.size > 0) appendNetworkFile(vfs, 'hosts', [...lines].join(''));
}

async function resolve(host: HostNetwork, name: string): Promise<readonly string[]> {
  try {
    return await host.resolve(name);
  } catch (cause) {
    if (!(cause instanceof HostNetworkError)) throw cause;
    throw new ConfigurationError('network-name', `${name}, which the guest is allowed to reach, has no address`, {
      cause,
    });
  }
}

async function publishPort(outside: Outside, publication: Publication, vfs: Vfs): Promise<void> {
  const { hostAddress = '127.0.0.1', hostPort, guestPort, protocol = 'tcp' } = publication;
  const at = { address: hostAddress, port: hostPort };
  try {
    if (protocol === 'tcp') await outside.publish(at, (connection) => acceptFromOutside(vfs, guestPort, connection));
    else await outside.publishDatagrams(at, guestPort, (bytes, from) => takeFromOutside(vfs, guestPort, bytes, from));
  } catch (cause) {
    if (!(cause instanceof HostNetworkError)) throw cause;
    const place = `${hostAddress} port ${String(hostPort)}`;
    throw new ConfigurationError('publish', `cannot listen at ${place} of the host (${cause.code})`, { cause });
  }
}

/** Tells the guest's resolver which servers to ask, of those it may reach, unless its files say so. */
function nameServers(host: HostNetwork, outside: Outside, vfs: Vfs): void {
  const lines = host
    .nameServers()
    // A port other than 53 has no place in the file.
    .filter((text) => /^[\da-f.:]+$/i.test(text))
    .filter((text) => outside.allows({ address: hostText(fromHostText(text, 0)), port: 53 }))
    .map((text) => `nameserver ${text}\n`);
  if (lines.length > 0) addNetworkFile(vfs, 'resolv.conf', lines.join(''));
}
