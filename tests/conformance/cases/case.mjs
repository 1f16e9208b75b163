// @ts-check
/**
 * One run of a guest program.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string[]} argv     absolute path first
 * @property {string} [stdin]
 * @property {Record<string, string>} [files]  in /work, the working directory
 * @property {Record<string, string>} [env]    beyond the common environment
 * @property {boolean} [stderr]  stderr is compared too
 * @property {boolean} [distribution]  in the larger root, where the reference runs what programs start as well
 * @property {boolean} [long]  takes half a minute or more; `--short` leaves it out
 * @property {{ status: number, stdout?: string }} [expected]  in place of a run of the reference; files are not compared
 */

/**
 * Cases of one group; the group's name precedes theirs.
 * @param {string} group
 * @param {(add: (name: string, argv: string[], more?: Partial<Case>) => void) => void} fill
 * @returns {Case[]}
 */
export function cases(group, fill) {
  /** @type {Case[]} */
  const list = [];
  fill((name, argv, more = {}) => list.push({ name: `${group}: ${name}`, argv, ...more }));
  return list;
}

/** A text with some order in it: the input of many cases. */
export const poem = `The time has come, the Walrus said,
To talk of many things:
Of shoes and ships and sealing-wax,
Of cabbages and kings,
And why the sea is boiling hot,
And whether pigs have wings.
`;

export const table = `name,city,age,score
Ada,London,36,99.5
Blaise,Paris,39,87.25
Carl,Göttingen,77,93
Emmy,Erlangen,53,98.75
Kurt,Wien,71,95
Srinivasa,Kumbakonam,32,99.9
`;

/**
 * Text of about `size` bytes that looks like a log: compressible, and the same each time.
 * @param {number} size
 */
export function log(size) {
  const words = ['open', 'close', 'read', 'write', 'seek', 'map', 'unmap', 'signal', 'wait', 'exit'];
  let state = 12345;
  let text = '';
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16;
  while (text.length < size)
    text += `${String(next() % 1000).padStart(4, '0')} ${words[next() % 10] ?? ''} file-${String(next() % 97)} ${String(next() * 31)}\n`;
  return text;
}
