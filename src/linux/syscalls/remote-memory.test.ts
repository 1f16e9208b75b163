import { expect, it } from 'vitest';
import { errno, scripted, type Script } from '../testing/scripted.ts';

const vector = (base: number, length: number): Uint8Array =>
  new Uint8Array(BigUint64Array.of(BigInt(base), BigInt(length)).buffer);

it("copies between a process's memory and another's", async () => {
  const guest = scripted();
  const { process, scratch } = guest;
  const { memory } = process;
  function* parent(): Script {
    memory.writeBytes(scratch, new TextEncoder().encode('from parent'));
    const child = yield ['clone', 17, 0, 0, 0, 0];
    const other = process.kernel.processes.process(child)!;
    other.memory.writeBytes(scratch, new TextEncoder().encode('from child!'));
    const [local, remote] = [vector(scratch + 64, 11), vector(scratch, 11)];
    expect(yield ['process_vm_readv', child, local, 1, remote, 1, 0]).toBe(11);
    expect(Buffer.from(memory.readBytes(scratch + 64, 11)).toString()).toBe('from child!');
    expect(yield ['process_vm_writev', child, vector(scratch, 4), 1, vector(scratch + 5, 4), 1, 0]).toBe(4);
    expect(Buffer.from(other.memory.readBytes(scratch, 11)).toString()).toBe('from fromd!');
    // As far as it goes: the last page of what the child has.
    const end = scratch + 0x10000;
    expect(yield ['process_vm_readv', child, vector(scratch, 8192), 1, vector(end - 100, 8192), 1, 0]).toBe(100);
    expect(yield ['process_vm_readv', child, vector(scratch, 8), 1, vector(16, 8), 1, 0]).toBe(errno('EFAULT'));
    expect(yield ['process_vm_readv', child, local, 1, remote, 1, 1]).toBe(errno('EINVAL'));
    expect(yield ['process_vm_readv', 999, local, 1, remote, 1, 0]).toBe(errno('ESRCH'));
    expect(yield ['setresuid', 7, 7, 7]).toBe(0);
    expect(yield ['process_vm_readv', child, local, 1, remote, 1, 0]).toBe(errno('EPERM'));
  }
  const exit = await guest.run(parent, function* (): Script {
    for (;;) yield ['sched_yield'];
  });
  expect(exit).toEqual({ kind: 'exit', code: 0 });
});
