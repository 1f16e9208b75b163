import { describe, expect, it } from 'vitest';
import { RunLimitError } from '../api/types.ts';
import { AssertionError } from '../common/assert.ts';
import { AttemptsError, ConfigurationError, GpuError, LoadError, UnsupportedError } from '../common/errors.ts';
import { report } from './report.ts';

describe('report', () => {
  it.each([
    [new LoadError('program-missing', '/x does not exist'), 127],
    [new LoadError('elf-interpreter-missing', '/x needs the dynamic linker /ld.so'), 127],
    [new LoadError('script-interpreter-missing', '/x needs the interpreter /bin/sh'), 127],
    [new LoadError('elf-class', '/x is a 32-bit ELF file'), 126],
    [new LoadError('program-not-executable', '/x cannot be executed'), 126],
    [new LoadError('memory-limit', '/x does not fit'), 125],
    [new ConfigurationError('bad-usage', 'no command given'), 125],
    [new UnsupportedError('guest', 'no such guest'), 125],
    [new RunLimitError('wallTime', 'limit-wall-time', 'time is up'), 124],
    [new RunLimitError('outputBytes', 'limit-output', 'too much output'), 125],
  ])('gives %s a status, and its message as one line', (error, status) => {
    expect(report(error, true)).toEqual({ status, text: `hospes: ${error.message}` });
  });

  it('says how to report a bug, with the stack only on request', () => {
    const error = new AssertionError('a block has one terminator');
    const quiet = report(error, false);
    expect(quiet.status).toBe(125);
    expect(quiet.text).toMatch(/^hospes: a block has one terminator; this is a bug in Hospes; report it/);
    expect(quiet.text).not.toContain('\n');
    expect(report(error, true).text).toContain(error.stack);
    expect(report(new TypeError('x is not a function'), false).text).toMatch(
      /^hospes: TypeError: x is not a function;/,
    );
    expect(report('thrown text', true).text).toMatch(/^hospes: thrown text;/);
  });

  it('says what led to an error, only on request', () => {
    const root = new RangeError('too\nlarge');
    const error = new AttemptsError('to draw', [new GpuError('gpu-device-lost', 'lost', { cause: root }), root]);
    expect(report(error, false).text).toBe('hospes: to draw failed 2 times; the last time: too\\x0alarge');
    expect(report(error, true).text.split('\n')).toEqual([
      'hospes: to draw failed 2 times; the last time: too\\x0alarge',
      '  because: to draw failed 2 times; the last time: too\\x0alarge',
      '  because: lost',
      '  because: too\\x0alarge',
    ]);
  });

  it('stays one line and sends nothing to the terminal, whatever a file is called', () => {
    const { text } = report(new LoadError('program-missing', '/a\n\u001b[31mb\u009b does not exist'), false);
    expect(text).toBe('hospes: /a\\x0a\\x1b[31mb\\x9b does not exist');
  });
});
