import { describe, expect, it, vi } from 'vitest';
import { CapturedOutput, FedInput, StreamedOutput } from './streams.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

function readAll(input: FedInput, size = 4): string {
  const buffer = new Uint8Array(size);
  let all = '';
  for (;;) {
    const count = input.read(buffer);
    if (typeof count !== 'number') return `${all}[${count}]`;
    if (count === 0) return all;
    all += text(buffer.subarray(0, count));
  }
}

describe('FedInput', () => {
  it('gives what was pushed, in pieces, then says again', () => {
    const input = new FedInput();
    expect(input.readable()).toBe(false);
    input.push(bytes('hello '));
    input.push(bytes('world'));
    expect(input.readable()).toBe(true);
    expect(readAll(input)).toBe('hello world[again]');
  });

  it('ends, and drops what is pushed afterwards', () => {
    const input = new FedInput();
    input.push(bytes('x'));
    input.end();
    input.push(bytes('y'));
    expect(readAll(input)).toBe('x');
    expect(input.readable()).toBe(true);
  });

  it('tells its listeners until they leave', () => {
    const input = new FedInput();
    const listener = vi.fn();
    const cancel = input.onReadable(listener);
    input.push(bytes('a'));
    input.end();
    cancel();
    input.end();
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it('lets a writer wait until the guest has read', async () => {
    const input = new FedInput();
    const writer = input.writable().getWriter();
    let settled = false;
    const write = writer.write(bytes('abcdef')).then(() => {
      settled = true;
    });
    await Promise.resolve();
    const buffer = new Uint8Array(3);
    expect(input.read(buffer)).toBe(3);
    await Promise.resolve();
    expect(settled).toBe(false);
    expect(input.read(buffer)).toBe(3);
    await write;
    await writer.close();
    expect(input.read(buffer)).toBe(0);
  });

  it('frees a waiting writer when the guest is gone', async () => {
    const input = new FedInput();
    const write = input.writable().getWriter().write(bytes('never read'));
    await Promise.resolve();
    input.close();
    await write;
    expect(input.readable()).toBe(false);
  });

  it('is fed from a web stream', async () => {
    const input = new FedInput();
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes('one'));
        controller.enqueue(bytes('two'));
        controller.close();
      },
    });
    let all = '';
    input.onReadable(() => {
      const buffer = new Uint8Array(8);
      const count = input.read(buffer);
      if (typeof count === 'number') all += text(buffer.subarray(0, count));
    });
    await input.pump(source);
    expect(all).toBe('onetwo');
    expect(input.read(new Uint8Array(1))).toBe(0);
  });
});

describe('CapturedOutput', () => {
  it('keeps a copy of what is written', () => {
    const output = new CapturedOutput();
    const chunk = bytes('abc');
    expect(output.write(chunk)).toBe(3);
    chunk.fill(0);
    expect(output.write(bytes('def'))).toBe(3);
    output.close();
    expect(text(output.bytes())).toBe('abcdef');
  });
});

describe('StreamedOutput', () => {
  it('lets the guest wait for its reader', async () => {
    const output = new StreamedOutput();
    const listener = vi.fn();
    output.onWritable(listener);
    expect(output.write(bytes('first'))).toBe(5);
    expect(output.write(bytes('second'))).toBe('again');
    expect(output.writable()).toBe(false);
    const reader = output.stream.getReader();
    expect(text((await reader.read()).value!)).toBe('first');
    expect(listener).toHaveBeenCalled();
    expect(output.write(bytes('second'))).toBe(6);
    output.close();
    expect(text((await reader.read()).value!)).toBe('second');
    expect((await reader.read()).done).toBe(true);
  });

  it('is a broken pipe once its reader has cancelled', async () => {
    const output = new StreamedOutput();
    const listener = vi.fn();
    output.onWritable(listener);
    await output.stream.cancel();
    expect(listener).toHaveBeenCalled();
    expect(output.broken()).toBe(true);
    expect(output.write(bytes('x'))).toBe('EPIPE');
    expect(() => output.close()).not.toThrow();
  });
});
