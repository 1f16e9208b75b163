import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ERRNO, LinuxError, fail, isLinuxError, linuxError } from './errno.ts';

describe('error numbers', () => {
  it.runIf(process.platform === 'linux')('are those of the Linux that we run on', () => {
    const host: Readonly<Record<string, number>> = constants.errno;
    const shared = Object.entries(ERRNO).filter(([name]) => name in host);
    expect(shared.length).toBeGreaterThan(70);
    for (const [name, number] of shared) expect([name, number]).toEqual([name, host[name]]);
  });

  it('are thrown as one object a name, without a stack', () => {
    expect(() => fail('ENOENT')).toThrow(linuxError('ENOENT'));
    expect(linuxError('ENOENT')).toBe(linuxError('ENOENT'));
    expect(linuxError('ENOENT')).toBeInstanceOf(LinuxError);
    expect(linuxError('EIO').errno).toBe(5);
    expect(linuxError('EIO').stack).toBe('EIO');
  });

  it('are told from other errors', () => {
    expect(isLinuxError(linuxError('EPERM'))).toBe(true);
    expect(isLinuxError(linuxError('EPERM'), 'EPERM')).toBe(true);
    expect(isLinuxError(linuxError('EPERM'), 'EIO')).toBe(false);
    expect(isLinuxError(new Error('EPERM'))).toBe(false);
  });
});
