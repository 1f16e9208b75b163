import { expect, it } from 'vitest';
import { looksLikeText, parseScript } from './script.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parsed = (text: string): unknown => {
  const script = parseScript(bytes(text));
  if (script === null || script === 'invalid') return script;
  const decode = (part: Uint8Array | null): string | null => (part === null ? null : new TextDecoder().decode(part));
  return [decode(script.interpreter), decode(script.argument)];
};

it('finds the interpreter and its one argument', () => {
  expect(parsed('#!/bin/sh\necho')).toEqual(['/bin/sh', null]);
  expect(parsed('#! /usr/bin/env  python3 -u \n')).toEqual(['/usr/bin/env', 'python3 -u']);
  expect(parsed('#!/bin/sh')).toEqual(['/bin/sh', null]);
  expect(parsed('#!\t/a\tb\tc')).toEqual(['/a', 'b\tc']);
  expect(parsed('#!/a\0b\n')).toEqual(['/a', null]);
});

it('tells what is no script from what is a bad one', () => {
  expect(parsed('echo')).toBeNull();
  expect(parsed('#')).toBeNull();
  expect(parsed('#!\n/bin/sh')).toBe('invalid');
  expect(parsed(`#!${'x'.repeat(300)}`.slice(0, 256))).toBe('invalid');
});

it('recognises text', () => {
  expect(looksLikeText(bytes('echo hi\n\x00'))).toBe(true);
  expect(looksLikeText(bytes(''))).toBe(false);
  expect(looksLikeText(new Uint8Array([0x4d, 0x5a, 0, 1]))).toBe(false);
});
