/** Adds to a module the runtime functions that its code calls, and no others. */
import { defined } from '../../common/assert.ts';
import type { RuntimeFunction } from '../../ir/runtime-functions.ts';
import { FunctionBody, type FunctionRef, type ModuleBuilder } from './encoder.ts';
import { assembleTemplate } from './template.ts';

/** Module name of the imported runtime functions. */
export const RUNTIME_MODULE = 'runtime';

export class RuntimeLibrary {
  readonly #module: ModuleBuilder;
  readonly #rows: Readonly<Record<string, RuntimeFunction>>;
  readonly #used = new Map<string, FunctionRef>();
  readonly #undefined: string[] = [];

  constructor(module: ModuleBuilder, rows: Readonly<Record<string, RuntimeFunction>>) {
    this.#module = module;
    this.#rows = rows;
  }

  /** The function called `name`, imported or to be defined by `defineFunctions`. */
  use(name: string): FunctionRef {
    const known = this.#used.get(name);
    if (known !== undefined) return known;
    const row = defined(this.#rows[name], `no runtime function is called ${name}`);
    let ref: FunctionRef;
    if (row.kind === 'import') {
      ref = this.#module.importFunction(RUNTIME_MODULE, name, row.params, row.results);
    } else {
      ref = this.#module.declareFunction(name, row.params, row.results);
      this.#undefined.push(name);
    }
    this.#used.set(name, ref);
    return ref;
  }

  /** Defines the functions used so far and those that they use in turn. */
  defineFunctions(): void {
    for (let name = this.#undefined.pop(); name !== undefined; name = this.#undefined.pop()) this.#define(name);
  }

  #define(name: string): void {
    const row = defined(this.#rows[name], 'a used function has a row');
    if (row.kind === 'import') return;
    const body = new FunctionBody(row.params);
    assembleTemplate(body, row.body, {
      operand: (index) => {
        body.localGet(index);
      },
      vcpu: () => {
        throw new TypeError(`runtime function ${name} takes the vCPU as a parameter`);
      },
      imm: 0,
      runtimeFunction: (callee) => this.use(callee),
      scratch: (_name, type) => body.local(type),
    });
    this.#module.defineFunction(this.use(name), body);
  }
}
