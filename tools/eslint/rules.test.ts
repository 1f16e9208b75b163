import { RuleTester } from 'eslint';
import { describe, it } from 'vitest';
import tseslint from 'typescript-eslint';
import { importDirection } from './import-direction.js';
import { noClockOrRandomness } from './no-clock-or-randomness.js';
import { noNodeImports } from './no-node-imports.js';
import { noSilentDefault } from './no-silent-default.js';

RuleTester.describe = describe;
RuleTester.it = it;

const tester = new RuleTester({ languageOptions: { parser: tseslint.parser, sourceType: 'module' } });
const forbidden = [{ messageId: 'forbidden' }];
const silent = [{ messageId: 'silent' }];

tester.run('no-clock-or-randomness', noClockOrRandomness, {
  valid: [
    'const day = new Date(86400000);',
    'const x = Math.max(1, 2);',
    'function f(clock) { return clock.now() + clock.performance; }',
    'import { setTimeout } from "./timers.ts"; setTimeout();',
    'const Date = make(); Date.now();',
    'let p: typeof performance;',
    'class A { now() { return this.Date.now(); } }',
    'queueMicrotask(() => {});',
  ],
  invalid: [
    { code: 'const t = Date.now();', errors: forbidden },
    { code: 'const t = new Date();', errors: forbidden },
    { code: 'const t = Date();', errors: forbidden },
    { code: 'const t = globalThis.Date.now();', errors: forbidden },
    { code: 'const t = globalThis["performance"].now();', errors: forbidden },
    { code: 'const t = performance.now();', errors: forbidden },
    { code: 'const f = Math.random;', errors: forbidden },
    { code: 'const f = Math["random"]();', errors: forbidden },
    { code: 'crypto.getRandomValues(bytes);', errors: forbidden },
    { code: 'setTimeout(f, 1);', errors: forbidden },
    { code: 'const clock = { now: performance.now };', errors: forbidden },
    { code: 'process.hrtime.bigint();', errors: forbidden },
  ],
});

tester.run('no-silent-default', noSilentDefault, {
  valid: [
    'switch (x) { case 1: f(); break; default: throw new Error("x"); }',
    'switch (x) { case 1: f(); break; default: unreachable("x"); }',
    'function f(x) { switch (x) { case 1: return 1; default: return -38; } }',
    'function f(x) { switch (x) { case 1: return 1; default: return null; } }',
    'function f(x) { switch (x) { default: case 1: return g(); } }',
    'switch (x) { case 1: break; }',
    'if (a) f(); else g();',
  ],
  invalid: [
    { code: 'switch (x) { case 1: f(); break; default: }', errors: silent },
    { code: 'switch (x) { case 1: f(); break; default: break; }', errors: silent },
    { code: 'switch (x) { case 1: f(); break; default: { break; } }', errors: silent },
    { code: 'for (;;) switch (x) { default: continue; }', errors: silent },
    { code: 'function f(x) { switch (x) { case 1: return g(); default: return; } }', errors: silent },
    { code: 'function f(x) { switch (x) { case 1: return g(); default: return 0; } }', errors: silent },
    { code: 'function f(x) { switch (x) { case 1: return g(); default: return 0n; } }', errors: silent },
    { code: 'function f(x) { switch (x) { case 1: return g(); default: return undefined; } }', errors: silent },
    { code: 'function f(x) { switch (x) { case 1: return g(); default: return true; } }', errors: silent },
    { code: 'switch (x) { case 1: f(); break; default: ; }', errors: silent },
    { code: 'if (a) f(); else if (b) g(); else {}', errors: [{ messageId: 'emptyElse' }] },
  ],
});

tester.run('no-node-imports', noNodeImports, {
  valid: ["import { x } from './fs.ts';", "import { Command } from 'commander';", "export const fs = 'node:fs';"],
  invalid: [
    { code: "import { readFileSync } from 'node:fs';", errors: forbidden },
    { code: "import fs from 'fs';", errors: forbidden },
    { code: "export * from 'node:path';", errors: forbidden },
    { code: "const os = await import('node:os');", errors: forbidden },
    { code: "let s: import('node:stream').Readable;", errors: forbidden },
  ],
});

const inSource = (path: string, code: string): { filename: string; code: string } => ({
  filename: `/repo/src/${path}`,
  code,
});

tester.run('import-direction', importDirection, {
  valid: [
    inSource('engine/vcpu.ts', "import { Inst } from '../ir/block.ts';"),
    inSource('ir/passes/fold.ts', "import { Inst } from '../block.ts';"),
    inSource('linux/process.ts', "import { LoadError } from '../common/errors.ts';"),
    inSource('cli/main.ts', "import { Command } from 'commander';"),
    { filename: '/repo/tests/cli/main.test.ts', code: "import { run } from '../../src/index.ts';" },
  ],
  invalid: [
    { ...inSource('ir/print.ts', "import { r } from '../guest/riscv64/state.ts';"), errors: forbidden },
    { ...inSource('common/a.ts', "import { r } from '../fp/round.ts';"), errors: forbidden },
    { ...inSource('guest/riscv64/lift.ts', "import { h } from '../../host/wasm/emit.ts';"), errors: forbidden },
    { ...inSource('host/wasm/emit.ts', "import type { G } from '../../guest/guest.ts';"), errors: forbidden },
    { ...inSource('engine/vcpu.ts', "export * from '../linux/index.ts';"), errors: forbidden },
    { ...inSource('linux/vfs/tree.ts', "import { n } from '../../platform/node/clock.ts';"), errors: forbidden },
    { ...inSource('linux/a.ts', "let s: import('../cli/main.ts').Options;"), errors: forbidden },
    { ...inSource('nowhere/a.ts', "import { a } from '../common/assert.ts';"), errors: forbidden },
    { ...inSource('engine/a.ts', "import { a } from '../common/assert.js';"), errors: [{ messageId: 'extension' }] },
  ],
});
