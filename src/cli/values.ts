/** Values of command-line options. Each parser throws a `ConfigurationError` that names the option and the value. */
import { ConfigurationError } from '../common/errors.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

function reject(option: string, value: string, expected: string): never {
  throw new ConfigurationError('bad-option', `${option} ${JSON.stringify(value)}: expected ${expected}`, {
    context: { option, value },
  });
}

/** `512M`, `1GiB`, `65536`: bytes, with binary units. */
export function parseSize(option: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(value);
  const factor = UNITS[match?.[2]?.toUpperCase() ?? ''];
  if (match?.[1] === undefined || factor === undefined) return reject(option, value, 'a size such as 512M or 2G');
  return Math.floor(Number(match[1]) * factor);
}

/** A number of things, at least one. */
export function parseCount(option: string, value: string): number {
  return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : reject(option, value, 'a number from 1 up');
}

/** A number of processors, more than 0; `0.5` is half of one. */
export function parseShare(option: string, value: string): number {
  const share = /^\d{1,4}(?:\.\d{1,4})?$/.test(value) ? Number(value) : 0;
  return share >= 0.01 ? share : reject(option, value, 'a number of processors from 0.01 up, such as 0.5');
}

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, '': 1000, m: 60_000, h: 3_600_000 };

/** `10`, `1.5s`, `500ms`, `2m`: milliseconds; a bare number counts seconds. */
export function parseDuration(option: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(value);
  const factor = DURATIONS[match?.[2] ?? ''];
  if (match?.[1] === undefined || factor === undefined)
    return reject(option, value, 'a duration such as 10s, 500ms or 2m');
  const milliseconds = Number(match[1]) * factor;
  return milliseconds > 0 ? milliseconds : reject(option, value, 'more than 0');
}

/** `K=V`, or `K` alone to hand on the host's value (nothing where the host has none). */
export function parseVariable(
  option: string,
  value: string,
  host: Readonly<Record<string, string | undefined>>,
): readonly [string, string] | undefined {
  const at = value.indexOf('=');
  const name = at < 0 ? value : value.slice(0, at);
  if (name === '') return reject(option, value, 'NAME=VALUE or NAME');
  const text = at < 0 ? host[name] : value.slice(at + 1);
  return text === undefined ? undefined : [name, text];
}

export interface MountOption {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** `SRC:DST`, `SRC:DST:ro`, `SRC:DST:rw`. */
export function parseMount(option: string, value: string): MountOption {
  const match = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(value);
  if (match?.[1] === undefined || match[2] === undefined)
    return reject(option, value, 'SRC:DST or SRC:DST:ro, with DST an absolute path of the guest');
  return { source: match[1], target: match[2], readOnly: match[3] === 'ro' };
}

function isPort(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}

/** `example.org:443`, `[::1]:80`. */
function endpointOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+)):(\d+)$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined || !isPort(port) ? undefined : { host, port: Number(port) };
}

export type NetworkOption =
  'none' | 'loopback' | 'host' | { readonly allow: readonly { readonly host: string; readonly port: number }[] };

/** `none`, `loopback`, `host`, or `allow:HOST:PORT,...`. */
export function parseNetwork(option: string, value: string): NetworkOption {
  const plain = (['none', 'loopback', 'host'] as const).find((name) => name === value);
  if (plain !== undefined) return plain;
  if (!value.startsWith('allow:')) return reject(option, value, 'none, loopback, host or allow:HOST:PORT,...');
  const allow = value
    .slice('allow:'.length)
    .split(',')
    .map((text) => endpointOf(text) ?? reject(option, value, 'allow:HOST:PORT,... with ports from 1 to 65535'));
  return { allow };
}

/** `8080:80`, or with an address of the host to listen at `0.0.0.0:8080:80`, `[::]:8080:80`. */
export function parsePublish(
  option: string,
  value: string,
): {
  readonly hostAddress?: string;
  readonly hostPort: number;
  readonly guestPort: number;
  readonly protocol?: 'udp';
} {
  const [, address, hostPort, guestPort, protocol] = /^(?:(.+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(value) ?? [];
  if (!isPort(hostPort) || !isPort(guestPort))
    return reject(option, value, '[ADDRESS:]HOST:GUEST[/udp] with ports from 1 to 65535');
  const numbers = { hostPort: Number(hostPort), guestPort: Number(guestPort) };
  const ports = protocol === 'udp' ? ({ ...numbers, protocol } as const) : numbers;
  return address === undefined ? ports : { ...ports, hostAddress: address.replace(/^\[(.*)\]$/, '$1') };
}

export interface UserOption {
  readonly uid: number;
  readonly gid: number;
}

const ID_LIMIT = 2 ** 32 - 2;

/** `UID` or `UID:GID`; the group defaults to the user's number. */
export function parseUser(option: string, value: string): UserOption {
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(value);
  const uid = Number(match?.[1] ?? Number.NaN);
  const gid = match?.[2] === undefined ? uid : Number(match[2]);
  if (!(uid <= ID_LIMIT && gid <= ID_LIMIT)) return reject(option, value, 'UID or UID:GID, as numbers');
  return { uid, gid };
}

/** One of the names of `choices`. */
export function parseChoice<T extends string>(option: string, value: string, choices: readonly T[]): T {
  return choices.find((choice) => choice === value) ?? reject(option, value, `one of ${choices.join(', ')}`);
}
