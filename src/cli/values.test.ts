import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../common/errors.ts';
import {
  parseChoice,
  parseDuration,
  parseMount,
  parseNetwork,
  parsePublish,
  parseShare,
  parseSize,
  parseUser,
  parseVariable,
} from './values.ts';

describe('parseSize', () => {
  it.each([
    ['65536', 65536],
    ['64K', 65536],
    ['512M', 2 ** 29],
    ['512MiB', 2 ** 29],
    ['1.5g', 1.5 * 2 ** 30],
    ['4GB', 2 ** 32],
  ])('reads %s', (text, bytes) => {
    expect(parseSize('--memory', text)).toBe(bytes);
  });

  it.each(['', 'M', '-1', '12X', '1e3', '1 2'])('refuses %j', (text) => {
    expect(() => parseSize('--memory', text)).toThrow(ConfigurationError);
  });

  it('gives whole bytes for any number of KiB', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 30), (count) => {
        expect(parseSize('--memory', `${String(count)}K`)).toBe(count * 1024);
      }),
    );
  });

  it('names the option and the value', () => {
    expect(() => parseSize('--memory', 'lots')).toThrow('--memory "lots": expected a size such as 512M or 2G');
  });
});

describe('parseDuration', () => {
  it.each([
    ['10', 10_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration('--timeout', text)).toBe(milliseconds);
  });

  it.each(['', '0', '-1', 'soon', '1d'])('refuses %j', (text) => {
    expect(() => parseDuration('--timeout', text)).toThrow(ConfigurationError);
  });
});

describe('parseVariable', () => {
  it('splits at the first =', () => {
    expect(parseVariable('--env', 'A=b=c', {})).toEqual(['A', 'b=c']);
    expect(parseVariable('--env', 'A=', { A: 'host' })).toEqual(['A', '']);
  });

  it('hands on what the host has', () => {
    expect(parseVariable('--env', 'TERM', { TERM: 'dumb' })).toEqual(['TERM', 'dumb']);
    expect(parseVariable('--env', 'NOT_SET', {})).toBeUndefined();
  });

  it('refuses a variable without a name', () => {
    expect(() => parseVariable('--env', '=x', {})).toThrow(ConfigurationError);
  });
});

describe('parseMount', () => {
  it.each([
    ['/a:/b', { source: '/a', target: '/b', readOnly: false }],
    ['.:/work:ro', { source: '.', target: '/work', readOnly: true }],
    ['/a:/b:rw', { source: '/a', target: '/b', readOnly: false }],
    ['C:\\data:/data:ro', { source: 'C:\\data', target: '/data', readOnly: true }],
  ])('reads %s', (text, mount) => {
    expect(parseMount('--mount', text)).toEqual(mount);
  });

  it.each(['', '/a', ':/b', '/a:b', '/a:/b:rx', '/a:/b:ro:ro'])('refuses %j', (text) => {
    expect(() => parseMount('--mount', text)).toThrow(ConfigurationError);
  });
});

describe('parseShare', () => {
  it('reads parts of a processor', () => {
    expect(parseShare('--cpus', '0.5')).toBe(0.5);
    expect(parseShare('--cpus', '2')).toBe(2);
  });

  it.each(['', '0', '0.001', '-1', '1e3', 'half'])('refuses %j', (text) => {
    expect(() => parseShare('--cpus', text)).toThrow(ConfigurationError);
  });
});

describe('parseNetwork', () => {
  it.each([
    ['none', 'none'],
    ['host', 'host'],
    [
      'allow:example.org:443,10.0.0.1:53,[::1]:80',
      {
        allow: [
          { host: 'example.org', port: 443 },
          { host: '10.0.0.1', port: 53 },
          { host: '::1', port: 80 },
        ],
      },
    ],
  ])('reads %s', (text, network) => {
    expect(parseNetwork('--net', text)).toEqual(network);
  });

  it.each(['', 'all', 'allow', 'allow:', 'allow:a', 'allow:a:0', 'allow:a:65536', 'allow:::1:80', 'allow:a:1,'])(
    'refuses %j',
    (text) => {
      expect(() => parseNetwork('--net', text)).toThrow(ConfigurationError);
    },
  );
});

describe('parsePublish', () => {
  it.each([
    ['8080:80', { hostPort: 8080, guestPort: 80 }],
    ['0.0.0.0:8080:80', { hostAddress: '0.0.0.0', hostPort: 8080, guestPort: 80 }],
    ['5353:53/udp', { hostPort: 5353, guestPort: 53, protocol: 'udp' }],
    ['[::1]:5353:53/tcp', { hostAddress: '::1', hostPort: 5353, guestPort: 53 }],
    ['[::]:8080:80', { hostAddress: '::', hostPort: 8080, guestPort: 80 }],
  ])('reads %s', (text, publication) => {
    expect(parsePublish('--publish', text)).toEqual(publication);
  });

  it.each(['', '80', '0:80', '80:65536', 'a:b', ':80', '1:2/sctp', '1:2/'])('refuses %j', (text) => {
    expect(() => parsePublish('--publish', text)).toThrow(ConfigurationError);
  });
});

describe('parseUser', () => {
  it('reads a user, and a group', () => {
    expect(parseUser('--user', '1000')).toEqual({ uid: 1000, gid: 1000 });
    expect(parseUser('--user', '1000:50')).toEqual({ uid: 1000, gid: 50 });
  });

  it.each(['', 'root', '-1', '1:', '4294967295', '1:4294967295'])('refuses %j', (text) => {
    expect(() => parseUser('--user', text)).toThrow(ConfigurationError);
  });
});

describe('parseChoice', () => {
  it('takes what is offered and nothing else', () => {
    expect(parseChoice('--memory-model', 'strict', ['auto', 'strict'])).toBe('strict');
    expect(() => parseChoice('--memory-model', 'loose', ['auto', 'strict'])).toThrow('one of auto, strict');
  });
});
