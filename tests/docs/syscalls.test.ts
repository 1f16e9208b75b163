/**
 * docs/syscalls.md is made of the tables that the calls are dispatched by, and of what is refused, each of which is tried.
 * After a change: `HOSPES_WRITE_DOCS=1 npx vitest run tests/docs/syscalls.test.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aarch64 } from '../../src/linux/abi/aarch64.ts';
import { riscv64 } from '../../src/linux/abi/riscv64.ts';
import { x64 } from '../../src/linux/abi/x64.ts';
import { syscallHandlers } from '../../src/linux/syscalls/table.ts';
import { errno, scripted } from '../../src/linux/testing/scripted.ts';
import { refusals } from './syscall-limits.ts';

const page = new URL('../../docs/syscalls.md', import.meta.url);
const guests = { riscv64, aarch64, x64 };

/** Numbers by name, for each guest. */
const numbers = Object.entries(guests).map(([guest, abi]) => {
  return { guest, byName: new Map([...abi.syscalls].map(([number, name]) => [name, number])) };
});
const known = [...new Set(numbers.flatMap(({ byName }) => [...byName.keys()]))].sort();
const there = known.filter((name) => syscallHandlers[name] !== undefined);
const absent = known.filter((name) => syscallHandlers[name] === undefined);

function row(name: string): string {
  const columns = numbers.map(({ byName }) => byName.get(name)?.toString() ?? '');
  const missing = refusals
    .filter(({ call }) => call[0] === name)
    .map(({ what, gives }) => `${what}: ${gives}`)
    .join('; ');
  return `| ${[`\`${name}\``, ...columns, missing].join(' | ')} |`.replaceAll('|  |', '| |').replaceAll('|  |', '| |');
}

function document(): string {
  return `# System calls

<!-- Made by tests/docs/syscalls.test.ts, which also tries out each refusal. -->

${String(there.length)} calls are there, with the numbers of each guest; an empty column means that the guest's Linux has no such call.
The last column tells what of a call is refused that Linux would do, and with which error. Nothing that is not there answers
success.

| call | riscv64 | aarch64 | x86-64 | not there |
| --- | --- | --- | --- | --- |
${there.map(row).join('\n')}

## ENOSYS

${String(absent.length)} calls of these Linux versions are not there:

${absent.map((name) => `\`${name}\``).join(', ')}.
`;
}

describe('docs/syscalls.md', () => {
  it('is what the tables say', () => {
    const text = document();
    if (process.env['HOSPES_WRITE_DOCS'] === '1') writeFileSync(page, text);
    expect(readFileSync(page, 'utf8')).toBe(text);
  });

  it('every handler belongs to a call of some guest', () => {
    expect(Object.keys(syscallHandlers).filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(refusals)('$call.0 refuses $what', async ({ call, gives }) => {
    let result = 0;
    const guest = scripted({ files: { f: 'text' } });
    await guest.run(function* () {
      result = yield call;
    });
    expect(result).toBe(errno(gives));
  });

  it('calls that are not there answer ENOSYS, and nothing else', async () => {
    const generic = absent.filter((name) => numbers[0]?.byName.has(name) === true);
    const results = new Map<string, number>();
    const guest = scripted();
    await guest.run(function* () {
      for (const name of generic) results.set(name, yield [name, 0, 0, 0, 0, 0, 0]);
    });
    expect([...results].filter(([, result]) => result !== errno('ENOSYS'))).toEqual([]);
    expect(results.size).toBeGreaterThan(50);
  });
});
