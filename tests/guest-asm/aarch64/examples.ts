/** Makes cases for rows that have none, where the files are blessed. */
import { aarch64Rows } from '../../../src/guest/aarch64/index.ts';
import { disassembleEncoding } from '../../../src/guest/aarch64/disassemble.ts';
import { aarch64 as fuzz } from '../../fuzz/aarch64/guest.mjs';
import { EXAMPLE_POINTER, SequenceGenerator } from '../../fuzz/aarch64/sequence.mjs';
import { CODE } from '../../fuzz/layout.mjs';
import { Random } from '../../fuzz/random.mjs';
import { floatBits, integerBits } from '../../fuzz/values.mjs';
import { stateWith, type Case } from './case-file.ts';

/** Cases a row. */
const EXAMPLES = 3;
const SEED = 4711;

/** Classes whose register fields are X registers throughout. */
const general = new Set('immediate register branches system single literal pair exclusive atomic prefetch'.split(' '));

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Values for the registers that the fields name, and flags. */
function inputsFor(random: Random, className: string, values: readonly Readonly<Record<string, number>>[]): string {
  const inputs = new Map<string, string>();
  for (const fields of values)
    for (const [field, register] of Object.entries(fields)) {
      if (!/^R[dnmats]2?$/.test(field) || register === 31) continue;
      if (register !== EXAMPLE_POINTER) inputs.set(`x${String(register)}`, hex(integerBits(random)));
      if (general.has(className)) continue;
      inputs.set(`v${String(register)}`, hex(floatBits(random)));
      inputs.set(`v${String(register)}.high`, hex(floatBits(random)));
    }
  if (random.chance(0.5)) inputs.set('nzcv', hex(BigInt(random.below(16)) << 28n));
  return [...inputs].map(([name, value]) => `${name}=${value}`).join(' ');
}

export function exampleCases(className: string, row: (typeof aarch64Rows.rows)[number]): Case[] {
  const random = new Random(SEED, row.index);
  const generator = new SequenceGenerator(random, aarch64Rows.rows, aarch64Rows.classes);
  return Array.from({ length: EXAMPLES }, (): Case => {
    const item = generator.example(row);
    const program = fuzz.layOut(aarch64Rows, [{ sequence: { ...stateWith(''), items: [item] }, limit: 1 }]);
    const view = new DataView(program.code.buffer);
    const at = (program.bodies[0] ?? CODE) - CODE;
    const words = item.map((_, i) => view.getUint32(at + 4 * i, true));
    const texts = words.map((word, i) => disassembleEncoding(word, 4 * i));
    const inputs = inputsFor(
      random,
      className,
      item.map(({ values }) => values),
    );
    return { row: row.name, words, texts, inputs, expected: '' };
  });
}

/** They have no place in a straight run: guest-asm.test.ts executes them by themselves. */
export const alone: ReadonlySet<string> = new Set(['svc', 'brk', 'hlt', 'udf', 'sb', 'dc cvap']);
