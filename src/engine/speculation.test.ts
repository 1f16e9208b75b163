import { describe, expect, it } from 'vitest';
import { FP_ENV } from '../fp/fp-env.ts';
import { Speculation } from './speculation.ts';

const SETTLED = FP_ENV.INEXACT;
const PC = 0x1000;

function noteOften(speculation: Speculation, times: number, environment: number): number {
  let recompilations = 0;
  for (let time = 0; time < times; time++) if (speculation.note(PC, environment)) recompilations++;
  return recompilations;
}

describe('speculation', () => {
  it('goes on for a region that fails now and then', () => {
    const speculation = new Speculation();
    expect(noteOften(speculation, 100, 0)).toBe(0);
    expect(noteOften(speculation, 1_000, SETTLED)).toBe(0);
    expect(speculation.of(PC)).toBe('speculates');
    expect(speculation.of(PC + 4)).toBe('speculates');
  });

  it('waits while the environment is not settled, and starts over when it is', () => {
    const speculation = new Speculation();
    expect(noteOften(speculation, 101, 0)).toBe(1);
    expect(speculation.of(PC)).toBe('waits');
    expect(speculation.note(PC, SETTLED)).toBe(true);
    expect(speculation.of(PC)).toBe('speculates');
  });

  it('lets tiny results pass once underflow is raised, and gives up where others fail then', () => {
    const speculation = new Speculation();
    expect(noteOften(speculation, 1_001, SETTLED | FP_ENV.UNDERFLOW)).toBe(1);
    expect(speculation.of(PC)).toBe('speculates on tiny results');
    expect(noteOften(speculation, 1_001, SETTLED | FP_ENV.UNDERFLOW)).toBe(1);
    expect(speculation.of(PC)).toBe('gave up');
  });

  it('lets denormal operands pass once they are noted', () => {
    const both = SETTLED | FP_ENV.UNDERFLOW | FP_ENV.INPUT_DENORMAL;
    const speculation = new Speculation();
    expect(noteOften(speculation, 1_001, both)).toBe(1);
    expect(speculation.of(PC)).toBe('speculates on denormals');
    expect(noteOften(speculation, 101, SETTLED | FP_ENV.UNDERFLOW)).toBe(1);
    expect(speculation.of(PC)).toBe('waits');
    const slowly = new Speculation();
    noteOften(slowly, 1_001, SETTLED | FP_ENV.UNDERFLOW);
    noteOften(slowly, 1_001, both);
    expect(slowly.of(PC)).toBe('speculates on denormals');
    noteOften(slowly, 1_001, both);
    expect(slowly.of(PC)).toBe('gave up');
  });

  it('waits for the environment where tiny results pass, too', () => {
    const speculation = new Speculation();
    noteOften(speculation, 1_001, SETTLED | FP_ENV.UNDERFLOW);
    expect(noteOften(speculation, 101, SETTLED)).toBe(1);
    expect(speculation.of(PC)).toBe('waits');
  });

  it('gives up where results keep failing, and where the environment keeps changing', () => {
    const results = new Speculation();
    noteOften(results, 1_001, SETTLED);
    expect(results.of(PC)).toBe('gave up');
    const changes = new Speculation();
    for (let turn = 0; turn < 3; turn++) {
      noteOften(changes, 101, 0);
      changes.note(PC, SETTLED);
    }
    expect(changes.of(PC)).toBe('gave up');
  });
});
