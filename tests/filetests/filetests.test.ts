/**
 * File tests of the block passes: textual IR in, exact textual IR out. `HOSPES_BLESS=1 npx vitest run tests/filetests`
 * rewrites what is expected; read the difference before you commit it. A file looks like this:
 *
 *   state x1:i64 f1:f64          slots of the guest state
 *   passes forward fold          applied in this order (`optimize` is all of them)
 *   === title of a case
 *   block 0x1000 mode 0 ...      input
 *   ---
 *   block 0x1000 mode 0 ...      expected
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../src/ir/block.ts';
import { parseBlock } from '../../src/ir/parse.ts';
import { passes, type PassName } from '../../src/ir/passes/optimize.ts';
import { printBlock } from '../../src/ir/print.ts';
import { StateLayout } from '../../src/ir/state.ts';
import { isValueType } from '../../src/ir/types.ts';
import { verifyBlock } from '../../src/ir/verify.ts';

const folder = new URL('cases/', import.meta.url);
const bless = process.env.HOSPES_BLESS === '1';

interface Case {
  readonly title: string;
  readonly input: string;
  readonly expected: string;
}

interface CaseFile {
  readonly header: string;
  readonly layout: StateLayout;
  readonly passes: readonly PassName[];
  readonly cases: readonly Case[];
}

function parseFile(text: string): CaseFile {
  const [header = '', ...sections] = text.split(/^=== /m);
  const cases = sections.map((section): Case => {
    const [title = '', ...lines] = section.split('\n');
    const [input = '', expected = ''] = lines.join('\n').split(/^---\n/m);
    return { title, input: input.trim(), expected: expected.trim() };
  });
  const setting = (name: string): string[] => {
    const line = header.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    if (line === undefined) throw new SyntaxError(`the file lacks a line '${name} ...'`);
    return line.trim().split(/\s+/).slice(1);
  };
  const slots = setting('state').map((word) => {
    const [name = '', type = ''] = word.split(':');
    if (!isValueType(type)) throw new SyntaxError(`${word} names no type`);
    return { name, type };
  });
  const names = setting('passes').flatMap((name) => (name === 'optimize' ? ['forward', 'fold', 'dead'] : [name]));
  for (const name of names) if (!Object.hasOwn(passes, name)) throw new SyntaxError(`${name} is no pass`);
  return { header, layout: new StateLayout(slots), passes: names as PassName[], cases };
}

/** The block after the passes; the verifier must have nothing to say after any of them. */
function apply(file: CaseFile, input: string): string {
  let block: Block = parseBlock(input, file.layout);
  expect(verifyBlock(block), 'input').toEqual([]);
  for (const name of file.passes) {
    block = passes[name](block);
    expect(verifyBlock(block), `after ${name}`).toEqual([]);
  }
  return printBlock(block).trim();
}

const names = readdirSync(folder).filter((name) => name.endsWith('.ir'));

it('there are file tests', () => expect(names.length).toBeGreaterThan(3));

describe.each(names)('%s', (name) => {
  const file = parseFile(readFileSync(new URL(name, folder), 'utf8'));

  it('has cases of different titles', () => {
    expect(file.cases.length).toBeGreaterThan(0);
    expect(new Set(file.cases.map(({ title }) => title)).size).toBe(file.cases.length);
  });

  it.each(file.cases)('$title', ({ input, expected }) => {
    const actual = apply(file, input);
    if (!bless) expect(actual).toBe(expected);
  });

  if (!bless) return;
  it('is blessed', () => {
    const sections = file.cases.map(({ title, input }) => `=== ${title}\n${input}\n---\n${apply(file, input)}\n`);
    writeFileSync(new URL(name, folder), `${file.header.trim()}\n\n${sections.join('\n')}`);
  });
});
