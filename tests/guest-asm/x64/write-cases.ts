/** Makes the case files: instructions of every integer row with inputs that matter, answered by the processor itself. */
import { decode } from '../../../src/guest/x64/decode.ts';
import { instructionText } from '../../../src/guest/x64/disassemble.ts';
import type { Row } from '../../../src/guest/x64/notation.ts';
import { resolveOperands } from '../../../src/guest/x64/operands.ts';
import type { groups } from '../../../src/guest/x64/tables.ts';
import {
  generator,
  hasUndefinedResult,
  INTERESTING,
  isExcluded,
  randomInstructionOf,
  rowsOfGroup,
  undefinedFlagsOf,
  type Random,
} from '../../fuzz/x64/generator.ts';
import { describeOutcome, flagsText, registerNames, stateWith, type Item } from './case-file.ts';
import { CODE } from './machine.ts';
import type { Native } from './native.ts';

const FORMS = 3;
const INPUTS = 2;

/** Some registers that the instruction names, and the flags, get values. */
function inputs(instruction: ReturnType<typeof decode>, next: Random): string {
  const parts: string[] = [];
  if (instruction !== null) {
    const named = resolveOperands(instruction).filter(({ kind }) => kind === 'general' || kind === 'high-byte');
    const pointers = [instruction.base, instruction.index];
    for (const number of new Set(named.map((operand) => operand.number)))
      if (!pointers.includes(number)) {
        const value = INTERESTING[next() % INTERESTING.length] ?? 0n;
        parts.push(`${registerNames[number]!}=0x${value.toString(16)}`);
      }
  }
  if (next() % 2 === 0) parts.push(`flags=${flagsText(next() & 0x8d5)}`);
  return parts.join(' ');
}

function itemsOf(row: Row, next: Random): Omit<Item, 'cases'>[] {
  const items = new Map<string, Omit<Item, 'cases'>>();
  for (let tries = 0; tries < 200 && items.size < FORMS; tries++) {
    const made = randomInstructionOf(row, next, CODE);
    if (made === null || made.decoded.row?.name !== row.name || hasUndefinedResult(made.decoded)) continue;
    const { decoded, bytes } = made;
    const shape = [decoded.isMemory, decoded.operandSize, decoded.addressSize, decoded.hasLock, decoded.repeat].join();
    if (items.has(shape)) continue;
    items.set(shape, {
      text: instructionText(decoded),
      code: bytes,
      undefinedFlags: undefinedFlagsOf(decoded),
    });
  }
  return [...items.values()];
}

/** The cases of a group, as a file holds them. */
export function writeGroup(group: keyof typeof groups, seed: number, native: Native): Item[] {
  const next = generator(seed);
  const rows = rowsOfGroup(group).filter((row) => !isExcluded(row));
  const items = rows.flatMap((row) => itemsOf(row, next));
  const withInputs = items.map((item) => {
    const at = (pc: number): number => item.code[pc - CODE] ?? -1;
    const decoded = decode({ readU8: at, readU16: at }, CODE);
    return { item, inputs: Array.from({ length: INPUTS }, () => inputs(decoded, next)) };
  });
  const flat = withInputs.flatMap(({ item, inputs: list }) =>
    list.map((text) => ({ code: item.code, start: stateWith(text) })),
  );
  const outcomes = native.run(flat);
  let index = 0;
  return withInputs.map(({ item, inputs: list }) => ({
    ...item,
    cases: list.map((text) => {
      const expected = describeOutcome(stateWith(text), outcomes[index++]!, item.undefinedFlags);
      return { inputs: text, expected };
    }),
  }));
}
