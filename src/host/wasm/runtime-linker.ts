/**
 * Brings runtime functions (`ir/runtime-functions.ts`) into a module: each is declared when it is first asked for, so
 * that a module carries only what its code calls. Imports come from the module name `hospes`.
 */
import { assert } from '../../common/assert.ts';
import { runtimeFunctions } from '../../ir/runtime-functions.ts';
import { FunctionBody, type FunctionRef, type ModuleBuilder } from './encoder.ts';
import { assembleTemplate } from './template.ts';

/** Module name of the functions that the engine supplies. */
export const RUNTIME_MODULE = 'hospes';

export class RuntimeLinker {
  readonly #builder: ModuleBuilder;
  readonly #known = new Map<string, FunctionRef>();
  readonly #imports: string[] = [];

  constructor(builder: ModuleBuilder) {
    this.#builder = builder;
  }

  /** Names of the imports that the module needs so far, under `RUNTIME_MODULE`. */
  get imports(): readonly string[] {
    return this.#imports;
  }

  /** The function called `name`, for `TemplateContext.runtimeFunction`. */
  get(name: string): FunctionRef {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = Object.hasOwn(runtimeFunctions, name) ? runtimeFunctions[name] : undefined;
    assert(row !== undefined, `there is no runtime function ${name}`);
    if (row.kind === 'import') {
      this.#imports.push(name);
      const imported = this.#builder.importFunction(RUNTIME_MODULE, name, row.params, row.results);
      this.#known.set(name, imported);
      return imported;
    }
    const ref = this.#builder.declareFunction(name, row.params, row.results);
    // Known before its body is assembled: runtime functions may call one another.
    this.#known.set(name, ref);
    const body = new FunctionBody(row.params);
    assembleTemplate(body, row.body, {
      operand: (index) => body.localGet(index),
      vcpu: () => assert(false, `runtime function ${name} takes no vCPU`),
      imm: { push: () => assert(false, `runtime function ${name} has no immediate`) },
      runtimeFunction: (callee) => this.get(callee),
      scratch: (_, type) => body.local(type),
    });
    this.#builder.defineFunction(ref, body);
    return ref;
  }
}
