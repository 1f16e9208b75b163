import { describe } from 'vitest';
import { MemoryFileSystem } from './memory/memory-fs.ts';
import { Fixture } from './testing/fixture.ts';
import { describeExchange } from './testing/watch-suite.ts';

// All else is in the suite of writable file systems.
describe('watches', () => {
  describeExchange(() => new Fixture((environment) => new MemoryFileSystem(environment)));
});
