import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPERATION } from '../guest/protocol.ts';
import { createGpuStats } from '../stats.ts';
import { GraphicsProcess, type GraphicsProcessOptions } from './graphics-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'hospes-graphics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Does what the third word of a request says: 0 answer, 1 crash, 2 leave, 3 hang, 4 answer with a timeout counted. */
const script = join(folder, 'answers.mjs');
writeFileSync(
  script,
  `const counters = ${JSON.stringify({ ...createGpuStats(), devicesOpened: 1 })};
  const sessions = new Set();
  process.on('message', ({ kind, session, number, request }) => {
    if (kind === 'close') return sessions.delete(session);
    sessions.add(session);
    const [, operation, what] = new Uint32Array(new Uint8Array(request).buffer);
    counters.launches++;
    if (what === 1) process.kill(process.pid, 'SIGSEGV');
    else if (what === 2) process.exit(7);
    else if (what === 3) for (;;);
    else process.send({
      number,
      counters: { ...counters, timeouts: what === 4 ? 1 : 0 },
      reply: Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 10 * operation + sessions.size),
    });
  });
  process.on('disconnect', () => process.exit());`,
);

const ANSWER = 0;
const CRASH = 1;
const LEAVE = 2;
const HANG = 3;
const TIMEOUT = 4;

function graphics(options: GraphicsProcessOptions = {}): GraphicsProcess {
  const made = new GraphicsProcess({ script, ...options });
  afterAll(() => made.close());
  return made;
}

function request(operation: number, what: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint32Array.of(12, operation, what).buffer);
}

const { LIST, OPEN, BUFFER } = OPERATION;

/** The number that a good reply ends with, or the text of a bad one. */
async function ask(session: ReturnType<GraphicsProcess['open']>, operation: number, what = ANSWER): Promise<unknown> {
  const reply = await session!.answer(request(operation, what));
  const errno = new DataView(reply.buffer, reply.byteOffset).getUint32(4, true);
  return errno === 0 ? reply[8] : `${errno}: ${new TextDecoder().decode(reply.subarray(8))}`;
}

describe('the process for graphics', () => {
  it('answers for each session', async () => {
    const process = graphics();
    const [one, two] = [process.open(), process.open()];
    expect(await ask(one, LIST)).toBe(11);
    expect(await ask(two, OPEN)).toBe(22);
    expect(await Promise.all([ask(one, OPEN), ask(two, BUFFER)])).toEqual([22, 32]);
    two!.close();
    expect(await ask(one, BUFFER)).toBe(31);
    expect(process.counters()).toMatchObject({ launches: 5, devicesOpened: 1, devicesLost: 0 });
  });

  it('has 16 sessions at a time', () => {
    const process = graphics();
    const sessions = Array.from({ length: 16 }, () => process.open());
    expect(process.open()).toBeNull();
    sessions[0]!.close();
    sessions[0]!.close();
    expect(process.open()).not.toBeNull();
    expect(process.open()).toBeNull();
  });

  it.each([
    ['crashes', CRASH, 'it ended with SIGSEGV'],
    ['leaves', LEAVE, 'it ended with status 7'],
    ['hangs', HANG, 'it gave no answer within 2000 ms'],
  ])('is replaced when it %s; devices have to be opened again', async (_name, what, reason) => {
    const process = graphics({ timeout: 2000 });
    const [one, two, idle] = [process.open(), process.open(), process.open()];
    expect(await ask(one, OPEN)).toBe(21);
    expect(await ask(two, OPEN)).toBe(22);
    const text = `5: the process for graphics was lost: ${reason}`;
    expect(await Promise.all([ask(one, BUFFER, what), ask(two, BUFFER, HANG)])).toEqual([text, text]);
    expect(await ask(one, BUFFER)).toBe('5: the device was lost; open it again');
    expect(await ask(idle, LIST)).toBe(11);
    expect(await ask(one, OPEN)).toBe(22);
    expect(await ask(one, BUFFER)).toBe(32);
    expect(await ask(two, BUFFER)).toBe('5: the device was lost; open it again');
    // What was under way when it was lost, nobody counted.
    expect(process.counters()).toMatchObject({ launches: 5, devicesOpened: 2, devicesLost: 1 });
  });

  it('is replaced after a kernel that does not end, until patience does', async () => {
    const process = graphics({ patience: 2 });
    const session = process.open();
    for (let round = 0; round < 2; round++) {
      expect(await ask(session, OPEN)).toBe(21);
      expect(await ask(session, BUFFER, TIMEOUT)).toBe(31);
    }
    const text = '5: graphics failed 2 times; the guest gets no other device';
    expect([await ask(session, OPEN), await ask(session, BUFFER)]).toEqual([text, text]);
    expect(process.counters()).toMatchObject({ launches: 4, timeouts: 2, devicesOpened: 2, devicesLost: 2 });
  });

  it('fails clearly when it cannot be started', async () => {
    const process = graphics({ script: join(folder, 'missing.mjs') });
    expect(await ask(process.open(), LIST)).toBe('5: the process for graphics was lost: it ended with status 1');
  });

  it('ends when it is closed, and not before', async () => {
    const process = graphics();
    await process.close();
    const session = process.open();
    expect(await ask(session, LIST)).toBe(11);
    await process.close();
    expect(process.counters()).toMatchObject({ launches: 1 });
  });
});
