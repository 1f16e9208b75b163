import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { forbidden, guestNames, zoneOf, zones } from '../../tools/architecture.js';

const root = fileURLToPath(new URL('../../src/', import.meta.url));

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('/testing/'))
  .sort();

interface Import {
  readonly specifier: string;
  /** False where the import vanishes when types are erased. */
  readonly runtime: boolean;
}

/** Every module specifier of a source file, read from its syntax tree. */
function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Expression | ts.TypeNode | undefined, runtime: boolean): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, runtime });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, !node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      found.push({ specifier: (node.argument.literal as ts.StringLiteral).text, runtime: false });
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return found;
}

/** The relative imports of a file as paths below `src/`. */
function edgesOf(path: string, imports: readonly Import[]): string[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.normalize(posix.join(posix.dirname(path), specifier)));
}

/** A cycle of the graph as a path that ends where it began, or undefined. */
function cycleOf(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (done.has(node)) return undefined;
    const at = trail.indexOf(node);
    if (at >= 0) return [...trail.slice(at), node];
    trail.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const texts = new Map(files.map((path) => [path, readFileSync(root + path, 'utf8')]));
const imports = new Map([...texts].map(([path, text]) => [path, importsOf(path, text)]));

describe('the import graph', () => {
  it('sees the sources', () => {
    expect(files).toContain('common/errors.ts');
    expect(imports.get('ir/builder.ts')?.map(({ specifier }) => specifier)).toContain('../common/assert.ts');
  });

  it('gives every file a zone', () => {
    expect(files.filter((path) => zoneOf(path) === undefined)).toEqual([]);
  });

  it('follows the direction', () => {
    const wrong = files.flatMap((path) =>
      edgesOf(path, imports.get(path)!).flatMap((target) => {
        const reason = forbidden(path, target);
        return reason === undefined ? [] : [`${path} -> ${target}: ${reason}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('imports files that exist', () => {
    const missing = files.flatMap((path) => edgesOf(path, imports.get(path)!).filter((target) => !texts.has(target)));
    expect(missing).toEqual([]);
  });

  it('has no cycle between files at run time', () => {
    const graph = new Map(
      files.map((path) => [
        path,
        edgesOf(
          path,
          imports.get(path)!.filter(({ runtime }) => runtime),
        ),
      ]),
    );
    expect(cycleOf(graph)).toBeUndefined();
  });

  it('has no cycle between zones, types included', () => {
    const graph = new Map(Object.entries(zones).map(([name, zone]) => [name, zone.imports]));
    expect(cycleOf(graph)).toBeUndefined();
  });

  it('never joins a guest and a host', () => {
    const side = (path: string): string | undefined => /^(guest|host)\//.exec(path)?.[1];
    const crossings = files.flatMap((path) =>
      edgesOf(path, imports.get(path)!)
        .filter((target) => side(path) !== undefined && side(target) !== undefined && side(path) !== side(target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(crossings).toEqual([]);
  });

  it('never joins two guests', () => {
    const guest = (path: string): string | undefined => /^guest\/(riscv64|aarch64|x64)\//.exec(path)?.[1];
    const crossings = files.flatMap((path) =>
      edgesOf(path, imports.get(path)!)
        .filter((target) => guest(path) !== undefined && guest(target) !== undefined && guest(path) !== guest(target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(crossings).toEqual([]);
  });

  it('keeps modules of Node in the zones that may know Node', () => {
    const strangers = files.flatMap((path) =>
      imports
        .get(path)!
        .filter(({ specifier }) => !specifier.startsWith('.') && zones[zoneOf(path)!]?.node !== true)
        .map(({ specifier }) => `${path} -> ${specifier}`),
    );
    expect(strangers).toEqual([]);
  });

  it('lets neither the IR nor a host name a guest, comments aside', () => {
    const named = [...texts]
      .filter(([path]) => /^(ir|host|fp|common|memory|engine)\//.test(path))
      .flatMap(([path, text]) => {
        const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').toLowerCase();
        return guestNames.filter((name) => code.includes(name)).map((name) => `${path} names ${name}`);
      });
    expect(named).toEqual([]);
  });
});

/** Files outside of a guest's own folder and the tables of Linux in which guests have names. */
const registrations = [
  'guest/guest.ts',
  'api/guests.ts',
  'api/guest-loader.ts',
  // Names of architectures in images, and of host processors in advice.
  'api/image/oci.ts',
  'api/wasm-capabilities.ts',
];

describe.each([
  ['aarch64', /aarch64|arm64/],
  ['riscv64', /riscv|rv64/],
])('a guest: %s', (guest, names) => {
  const named = [...texts]
    .filter(([, text]) => names.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').toLowerCase()))
    .map(([path]) => path);

  it('has a name in its folder, the tables of Linux and where guests are registered', () => {
    const allowed = (path: string): boolean =>
      path.startsWith(`guest/${guest}/`) || path.startsWith('linux/') || registrations.includes(path);
    expect(named.filter((path) => !allowed(path))).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(['api/guests.ts', `linux/abi/${guest}.ts`]));
  });

  it('is imported by nothing else', () => {
    const importers = files.filter(
      (path) =>
        !path.startsWith(`guest/${guest}/`) &&
        edgesOf(path, imports.get(path)!).some((target) => target.startsWith(`guest/${guest}/`)),
    );
    expect(importers.filter((path) => !path.startsWith('linux/abi/') && !registrations.includes(path))).toEqual([]);
  });
});

describe('the checks themselves', () => {
  it('find every kind of import', () => {
    const text = `import a from './a.ts'; import type { B } from './b.ts'; export * from './c.ts';
      export type { D } from './d.ts'; const e = import('./e.ts'); let f: import('./f.ts').F;`;
    expect(importsOf('x.ts', text)).toEqual([
      { specifier: './a.ts', runtime: true },
      { specifier: './b.ts', runtime: false },
      { specifier: './c.ts', runtime: true },
      { specifier: './d.ts', runtime: false },
      { specifier: './e.ts', runtime: true },
      { specifier: './f.ts', runtime: false },
    ]);
  });

  it('find a cycle', () => {
    const graph = new Map([
      ['a', ['b', 'd']],
      ['b', ['c']],
      ['c', ['b']],
      ['d', []],
    ]);
    expect(cycleOf(graph)).toEqual(['b', 'c', 'b']);
  });

  it('know the direction', () => {
    expect(forbidden('ir/a.ts', 'guest/riscv64/a.ts')).toBe('ir may not import guest/riscv64');
    expect(forbidden('engine/a.ts', 'ir/passes/a.ts')).toBeUndefined();
    expect(forbidden('odd/a.ts', 'ir/a.ts')).toMatch(/no zone/);
  });
});
