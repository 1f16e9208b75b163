import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectErrno } from '../testing/fixture.ts';
import { FileContent } from './content.ts';
import type { Backing } from './content.ts';

const unlimited = { charge: (): void => undefined };
/** Small numbers around the edges of chunks. */
const position = fc.oneof(fc.nat(300), fc.integer({ min: 65_400, max: 65_700 }), fc.nat(200_000));

function backingOf(bytes: Uint8Array): Backing {
  return {
    size: bytes.length,
    read(buffer, at) {
      // Short reads, as a stream may give them.
      const part = bytes.subarray(at, at + Math.min(buffer.length, 7_001));
      buffer.set(part);
      return part.length;
    },
  };
}

const operation = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), at: position, length: fc.integer({ min: 1, max: 70_000 }) }),
  fc.record({ kind: fc.constant('truncate' as const), at: position, length: fc.constant(0) }),
  fc.record({ kind: fc.constant('punch' as const), at: position, length: fc.integer({ min: 1, max: 140_000 }) }),
  fc.record({ kind: fc.constant('reserve' as const), at: position, length: fc.integer({ min: 1, max: 70_000 }) }),
);

/** The same on an array as long as the file. */
class Model {
  bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
  }

  resize(size: number): void {
    const resized = new Uint8Array(size);
    resized.set(this.bytes.subarray(0, size));
    this.bytes = resized;
  }

  write(data: Uint8Array, at: number): void {
    if (at + data.length > this.bytes.length) this.resize(at + data.length);
    this.bytes.set(data, at);
  }
}

describe('file content', () => {
  it('reads as an array would, with and without a backing', () => {
    const seeds = fc.constantFrom(0, 1, 100, 65_536, 150_000);
    fc.assert(
      fc.property(seeds, fc.array(operation, { maxLength: 8 }), (backed, operations) => {
        const lower = Uint8Array.from({ length: backed }, (_, index) => (index % 251) + 1);
        const content = new FileContent(unlimited, backed === 0 ? undefined : backingOf(lower));
        const model = new Model(lower);
        for (const [index, { kind, at, length }] of operations.entries()) {
          const data = new Uint8Array(length).fill(index + 100);
          if (kind === 'write') {
            content.write(data, at);
            model.write(data, at);
          } else if (kind === 'truncate') {
            content.truncate(at);
            model.resize(at);
          } else if (kind === 'punch') {
            content.punch(at, length);
            model.bytes.fill(0, at, at + length);
          } else content.reserve(at, length);
        }
        const read = new Uint8Array(model.bytes.length + 10);
        expect(content.read(read, 0)).toBe(model.bytes.length);
        expect(Buffer.compare(read.subarray(0, model.bytes.length), model.bytes)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('finds data and holes, however far apart', () => {
    const content = new FileContent(unlimited);
    content.truncate(2 ** 50);
    content.write(Uint8Array.of(1), 2 ** 40);
    expect(content.seekExtent(0, 'data')).toBe(2 ** 40);
    expect(content.seekExtent(0, 'hole')).toBe(0);
    expect(content.seekExtent(2 ** 40 + 5, 'data')).toBe(2 ** 40 + 5);
    expect(content.seekExtent(2 ** 40, 'hole')).toBe(2 ** 40 + 65_536);
    expectErrno('ENXIO', () => content.seekExtent(2 ** 41, 'data'));
    expectErrno('ENXIO', () => content.seekExtent(2 ** 50, 'hole'));
    content.punch(0, 2 ** 50);
    expect(content.allocated).toBe(0);
    expect(content.size).toBe(2 ** 50);
  });

  it('counts what it keeps and gives it back', () => {
    let charged = 0;
    const content = new FileContent({ charge: (bytes) => void (charged += bytes) });
    content.write(new Uint8Array(10), 0);
    expect(charged).toBe(256);
    content.write(new Uint8Array(200_000), 0);
    expect(charged).toBe(content.allocated);
    expect(charged).toBeGreaterThanOrEqual(200_000);
    content.truncate(100);
    expect(charged).toBe(65_536);
    content.release();
    expect(charged).toBe(0);
    expect(content.size).toBe(0);
  });

  it('writes what fits when memory is short', () => {
    let left = 65_536;
    const budget = {
      charge(bytes: number): void {
        if (bytes > left) throw new RangeError('full');
        left -= bytes;
      },
    };
    const content = new FileContent(budget);
    expect(content.write(new Uint8Array(70_000), 0)).toBe(65_536);
    expect(content.size).toBe(65_536);
    expect(() => content.write(new Uint8Array(1), 65_536)).toThrow('full');
  });

  it('refuses sizes that numbers cannot hold', () => {
    const content = new FileContent(unlimited);
    expectErrno('EFBIG', () => content.truncate(2 ** 53));
    expectErrno('EFBIG', () => content.write(Uint8Array.of(1), Number.MAX_SAFE_INTEGER));
  });
});
