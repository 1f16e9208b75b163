import { describe, expect, it } from 'vitest';
import {
  afterExec,
  ALL_CAPABILITIES,
  initialCapabilities,
  parseFileCapabilities,
  SECURE,
  type Capabilities,
  type ExecChange,
} from './capabilities.ts';

const USER = { uid: 5, euid: 5, suid: 5 };
const ROOT = { uid: 0, euid: 0, suid: 0 };
const exec = (own: Capabilities, change: Partial<ExecChange>): ReturnType<typeof afterExec> =>
  afterExec(own, { after: USER, changesId: false, file: null, gainsNothing: false, ...change });

describe('a new program', () => {
  const user = initialCapabilities(5);
  const file = { permitted: 3n, inheritable: 4n, isEffective: true };

  it('has all of them as root, whoever started it', () => {
    const after = { uid: 5, euid: 0, suid: 0 };
    const result = exec(user, { after, changesId: true });
    expect(result).toMatchObject({ isSecure: true, capabilities: { effective: ALL_CAPABILITIES } });
    expect(exec(initialCapabilities(0), { after: ROOT })).toMatchObject({
      isSecure: false,
      capabilities: { effective: ALL_CAPABILITIES },
    });
    expect(exec(user, { after, changesId: true, gainsNothing: true })?.capabilities.permitted).toBe(0n);
    const without = { ...initialCapabilities(0), secure: SECURE.NOROOT };
    expect(exec(without, { after: ROOT })?.capabilities.permitted).toBe(0n);
  });

  it("has the file's, within the bounds", () => {
    expect(exec(user, { file })).toMatchObject({ isSecure: true, capabilities: { permitted: 3n, effective: 3n } });
    const quiet = { ...file, isEffective: false };
    expect(exec(user, { file: quiet })).toMatchObject({
      isSecure: true,
      capabilities: { permitted: 3n, effective: 0n },
    });
    expect(exec({ ...user, inheritable: 12n }, { file })?.capabilities.permitted).toBe(7n);
    const bounded = { ...user, bounding: 1n };
    expect(exec(bounded, { file })).toBeNull();
    expect(exec(bounded, { file: quiet })?.capabilities.permitted).toBe(1n);
    // With both, those of the file.
    const after = { uid: 5, euid: 0, suid: 0 };
    expect(exec(user, { after, changesId: true, file })?.capabilities.effective).toBe(3n);
  });

  it('keeps the ambient ones of who started it, if nothing else changes', () => {
    const own = { ...user, permitted: 1n, inheritable: 1n, ambient: 1n, secure: SECURE.KEEP_CAPS };
    expect(exec(own, {})).toEqual({ isSecure: false, capabilities: { ...own, effective: 1n, secure: 0 } });
    expect(exec(own, { file })?.capabilities.ambient).toBe(0n);
    expect(exec(own, { changesId: true })?.capabilities.permitted).toBe(0n);
  });
});

it('knows the attributes of files', () => {
  const bytes = (revision: number, length: number): Uint8Array => {
    const words = Uint32Array.of((revision << 24) | 1, 3, 4, 0x100, 0, 0);
    return new Uint8Array(words.buffer).slice(0, length);
  };
  const known = { permitted: 0x100_0000_0003n, inheritable: 4n, isEffective: true };
  expect(parseFileCapabilities(bytes(2, 20))).toEqual(known);
  expect(parseFileCapabilities(bytes(3, 24))).toEqual(known);
  for (const [revision, length] of [
    [1, 20],
    [2, 24],
    [3, 20],
    [2, 3],
  ] as const)
    expect(parseFileCapabilities(bytes(revision, length))).toBeNull();
  const elsewhere = bytes(3, 24);
  elsewhere[20] = 7;
  expect(parseFileCapabilities(elsewhere)).toBeNull();
});
