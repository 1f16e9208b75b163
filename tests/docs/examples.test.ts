/**
 * Runs the examples of the documentation: code blocks in README.md that follow `<!-- example -->`, and those of
 * `@example` in the API. What an example prints must be what the comments behind its `console.log`s say.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { noWebGpu } from '../../src/gpu/testing/software.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Inside the package, where `import 'hospes'` means the package itself.
const folder = `${root}.cache/examples-${String(process.pid)}/`;

// Where graphics cannot be used, drivers need not say so.
const env = { ...process.env, ...(noWebGpu === null ? {} : { HOSPES_WEBGPU: `${folder}nowhere` }) };

interface Example {
  readonly name: string;
  readonly code: string;
}

function fromReadme(): Example[] {
  const text = readFileSync(`${root}README.md`, 'utf8');
  return [...text.matchAll(/<!-- example -->\s*```js\n(.*?)```/gs)].map((match, index) => ({
    name: `README example ${index + 1}`,
    code: match[1]!,
  }));
}

function fromSource(path: string): Example[] {
  const text = readFileSync(`${root}${path}`, 'utf8');
  return [...text.matchAll(/@example\s*\n \* ```ts\n(.*?) \* ```/gs)].map((match, index) => ({
    name: `${path} example ${index + 1}`,
    code: match[1]!.replaceAll(/^ \* ?/gm, ''),
  }));
}

/** The comments behind `console.log(...)`, in order. */
function expectedOutput(code: string): string {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => `${match[1]!}\n`).join('');
}

const api = readdirSync(`${root}src/api`, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
const examples = [
  ...fromReadme(),
  ...fromSource('src/index.ts'),
  ...fromSource('src/slab/index.ts'),
  ...fromSource('src/gpu/node/index.ts'),
  ...api.flatMap((name) => fromSource(`src/api/${name}`)),
];

describe('examples of the documentation', () => {
  mkdirSync(folder, { recursive: true });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are found', () => {
    expect(fromReadme().length).toBeGreaterThanOrEqual(3);
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });

  it.each(examples)('$name', ({ name, code }) => {
    const expected = expectedOutput(code);
    expect(expected).not.toBe('');
    const file = `${folder}${name.replaceAll(/\W+/g, '-')}.mjs`;
    writeFileSync(file, code);
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], { cwd: root, encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(stdout).toBe(expected);
    expect(status).toBe(0);
  });
});
