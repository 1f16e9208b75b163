/**
 * Cases with their expectations (see `case-file.ts`) on the engine, and against the host's own processor where it is an
 * x64 one. `HOSPES_BLESS=1` makes the files anew from the rows.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KvmAccelerator } from '../../../src/accel/kvm/index.ts';
import { disassemble } from '../../../src/guest/x64/disassemble.ts';
import { nodeVirtualization } from '../../../src/platform/node/kvm-probe.ts';
import { INTEGER_GROUPS, isExcluded, rowsOfGroup } from '../../fuzz/x64/generator.ts';
import { describeOutcome, parseCases, printCases, stateWith, type Item } from './case-file.ts';
import { CODE, Machine } from './machine.ts';
import { Native, nativeAbsent } from './native.ts';
import { writeGroup } from './write-cases.ts';

const fileOf = (group: string): URL => new URL(`cases/${group}.txt`, import.meta.url);
const load = (group: string): Item[] => parseCases(readFileSync(fileOf(group), 'utf8'));

const absent = nativeAbsent();
describe.skipIf(absent !== null)(`the processor${absent === null ? '' : ` (skipped: ${absent})`}`, () => {
  it('agrees with what the files say', () => {
    const native = new Native();
    try {
      if (process.env['HOSPES_BLESS'] === '1') {
        mkdirSync(new URL('cases/', import.meta.url), { recursive: true });
        for (const group of INTEGER_GROUPS) writeFileSync(fileOf(group), printCases(writeGroup(group, 2026, native)));
      }
      for (const group of INTEGER_GROUPS) {
        const items = load(group);
        const starts = items.flatMap(({ code, cases }) =>
          cases.map(({ inputs }) => ({ code, start: stateWith(inputs) })),
        );
        const outcomes = native.run(starts);
        let index = 0;
        const answers = items.map((item) => ({
          ...item,
          cases: item.cases.map(({ inputs }) => ({
            inputs,
            expected: describeOutcome(stateWith(inputs), outcomes[index++]!, item.undefinedFlags),
          })),
        }));
        expect(printCases(answers)).toBe(printCases(items));
      }
    } finally {
      native.close();
    }
  });
});

const engines = [
  { model: 'strict', tier: 0, isPrecise: true },
  { model: 'strict', tier: 1, isPrecise: true },
  { model: 'range', tier: 1, isPrecise: false },
] as const;

describe.each(engines)('engine, memory model $model, tier $tier, precise: $isPrecise', ({ model, tier, isPrecise }) => {
  const machine = new Machine(model, tier, { isPrecise });
  it.each(INTEGER_GROUPS)('%s', (group) => {
    for (const item of load(group)) {
      // `range` lets accesses to unmapped addresses within its limits through; that is what it is.
      const cases = item.cases.filter(({ expected }) => isPrecise || !expected.includes('trap=fault'));
      const answers = cases.map(({ inputs }) => {
        const start = stateWith(inputs);
        return { inputs, expected: describeOutcome(start, machine.run(item.code, start), item.undefinedFlags) };
      });
      expect({ text: item.text, answers }).toEqual({ text: item.text, answers: cases });
    }
    if (tier === 1) expect(machine.retired.compiled).toBeGreaterThan(0);
  });
});

const { virtualization, reason } = nodeVirtualization();
describe.skipIf(virtualization === null)(
  `the processor under KVM${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    const accelerator = virtualization === null ? undefined : new KvmAccelerator(virtualization, { cpu: 'v3' });
    const machine = new Machine('strict', 0, accelerator === undefined ? {} : { accelerator });
    it.each(INTEGER_GROUPS)('%s', (group) => {
      const runs = accelerator?.stats.runs ?? 0;
      const items = load(group);
      for (const item of items) {
        const answers = item.cases.map(({ inputs }) => {
          const start = stateWith(inputs);
          return { inputs, expected: describeOutcome(start, machine.run(item.code, start), item.undefinedFlags) };
        });
        expect({ text: item.text, answers }).toEqual({ text: item.text, answers: item.cases });
      }
      expect(accelerator?.stats.runs).toBeGreaterThanOrEqual(runs + items.length);
    });
  },
);

describe('case files', () => {
  it('hold the instructions that they name', () => {
    for (const group of INTEGER_GROUPS)
      for (const { text, code } of load(group)) {
        const at = (pc: number): number => code[pc - CODE] ?? -1;
        expect(disassemble({ readU8: at, readU16: at }, CODE)?.text).toBe(text);
      }
  });

  it('are in canonical form, with every row', () => {
    for (const group of INTEGER_GROUPS) {
      const items = load(group);
      expect(printCases(items)).toBe(readFileSync(fileOf(group), 'utf8'));
      expect(items.length).toBeGreaterThanOrEqual(rowsOfGroup(group).filter((row) => !isExcluded(row)).length);
    }
  });
});
