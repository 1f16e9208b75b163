import { describe, expect, it } from 'vitest';
import { errno, run, scripted, type Scripted, type Script } from '../testing/scripted.ts';

const SCHED_FIFO = 1;
const SCHED_RR = 2;
const priority = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);
const attributes = (policy: number, flags: number, nice: number, level: number, size = 48): Uint8Array => {
  const words = new Int32Array(16);
  words.set([size, policy, flags, 0, nice, level]);
  return new Uint8Array(words.buffer);
};

describe('scheduling', () => {
  it('is kept, shown and inherited', async () => {
    await run({}, function* ({ process: { memory, thread }, scratch }) {
      expect(yield ['sched_setscheduler', 0, SCHED_FIFO, priority(10)]).toBe(0);
      expect(yield ['sched_getscheduler', 0]).toBe(SCHED_FIFO);
      expect(yield ['sched_getparam', 0, scratch]).toBe(0);
      expect(memory.readU32(scratch)).toBe(10);
      expect(yield ['sched_setparam', 0, priority(0)]).toBe(errno('EINVAL'));
      expect(yield ['sched_setparam', 0, priority(20)]).toBe(0);
      expect(yield ['sched_rr_get_interval', 0, scratch]).toBe(0);
      expect(memory.readU64(scratch + 8)).toBe(0n);
      expect(yield ['sched_setscheduler', 0, SCHED_RR | 0x40000000, priority(100)]).toBe(errno('EINVAL'));
      expect(yield ['sched_setscheduler', 0, SCHED_RR | 0x40000000, priority(99)]).toBe(0);
      expect(yield ['sched_getscheduler', 0]).toBe(SCHED_RR | 0x40000000);
      expect(yield ['sched_getattr', 0, scratch, 48, 0]).toBe(0);
      expect([0, 4, 8, 16, 20].map((at) => memory.readI32(scratch + at))).toEqual([48, SCHED_RR, 1, 0, 99]);
      expect(yield ['sched_getattr', 0, scratch, 40, 0]).toBe(errno('EINVAL'));
      expect(yield ['sched_setattr', 0, attributes(0, 0, -5, 0), 0]).toBe(0);
      expect(thread.process.nice).toBe(-5);
      expect(yield ['sched_setattr', 0, attributes(0, 0, 20, 0), 0]).toBe(errno('EINVAL'));
      expect(yield ['sched_setattr', 0, attributes(0, 0, 0, 0, 40), 0]).toBe(errno('E2BIG'));
      expect(yield ['sched_setattr', 0, attributes(0, 2, 0, 0), 0]).toBe(errno('EINVAL'));
      expect(yield ['ioprio_set', 1, 0, (1 << 13) | 3]).toBe(0);
      expect(yield ['ioprio_get', 1, 0]).toBe((1 << 13) | 3);
      expect(yield ['ioprio_set', 1, 0, 4 << 13]).toBe(errno('EINVAL'));
      expect(yield ['ioprio_get', 2, 999]).toBe(errno('ESRCH'));
    });
  });

  it('is not for everybody', async () => {
    await run({ uid: 7 }, function* ({ process: { limits } }) {
      expect(yield ['sched_setscheduler', 0, SCHED_FIFO, priority(1)]).toBe(errno('EPERM'));
      limits.get(14)!.soft = 5n;
      expect(yield ['sched_setscheduler', 0, SCHED_FIFO, priority(6)]).toBe(errno('EPERM'));
      expect(yield ['sched_setscheduler', 0, SCHED_FIFO, priority(5)]).toBe(0);
      expect(yield ['sched_setparam', 0, priority(6)]).toBe(errno('EPERM'));
      expect(yield ['sched_setscheduler', 0, 0x40000000, priority(0)]).toBe(0);
      expect(yield ['sched_setscheduler', 0, 0, priority(0)]).toBe(errno('EPERM'));
      expect(yield ['ioprio_set', 1, 0, 1 << 13]).toBe(errno('EPERM'));
    });
  });

  it('has those of a higher priority go first', async () => {
    const order: string[] = [];
    const guest = scripted();
    const child = (name: string) =>
      function* (): Script {
        for (let turn = 0; turn < 2; turn++) {
          expect(yield ['sched_yield']).toBe(0);
          order.push(name);
        }
      };
    const parent = ({ process }: Scripted) =>
      function* (): Script {
        for (const level of [0, 1, 50]) {
          const made = yield ['clone', 17, 0, 0, 0, 0];
          if (level > 0) expect(yield ['sched_setscheduler', made, SCHED_FIFO, priority(level)]).toBe(0);
        }
        for (let waited = 0; waited < 3; waited++) expect(yield ['wait4', -1, 0, 0, 0]).toBeGreaterThan(0);
        expect(process.kernel.scheduler.usesPriorities).toBe(true);
      };
    const exit = await guest.run(parent(guest), child('fair'), child('low'), child('high'));
    expect(exit).toEqual({ kind: 'exit', code: 0 });
    expect(order.join(' ')).toBe('high high low low fair fair');
  });
});
