/**
 * The WebAssembly JavaScript API as far as Hospes uses it (https://webassembly.github.io/spec/js-api/). TypeScript
 * declares it only together with the DOM or the worker library, which the core must not see.
 */
declare namespace WebAssembly {
  type ExportValue = Function | Global | Memory | Table;
  type Exports = Record<string, ExportValue>;
  type ImportValue = ExportValue | number | bigint;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag';
  type NumberType = 'i32' | 'i64' | 'f32' | 'f64';

  interface ModuleExportDescriptor {
    name: string;
    kind: ImportExportKind;
  }
  interface ModuleImportDescriptor extends ModuleExportDescriptor {
    module: string;
  }

  class Module {
    constructor(bytes: ArrayBufferLike | ArrayBufferView);
    static exports(module: Module): ModuleExportDescriptor[];
    static imports(module: Module): ModuleImportDescriptor[];
    static customSections(module: Module, name: string): ArrayBuffer[];
    readonly #brand: 'module';
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer;
    /** Grows by `delta` pages of 64 KiB; the former size in pages. */
    grow(delta: number): number;
  }

  interface TableDescriptor {
    element: 'anyfunc' | 'externref';
    initial: number;
    maximum?: number;
  }
  class Table {
    constructor(descriptor: TableDescriptor, value?: unknown);
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(delta: number, value?: unknown): number;
  }

  interface GlobalDescriptor {
    value: NumberType;
    mutable?: boolean;
  }
  class Global {
    constructor(descriptor: GlobalDescriptor, value?: number | bigint);
    value: number | bigint;
    valueOf(): number | bigint;
  }

  class CompileError extends Error {
    readonly #brand: 'compile';
  }
  class LinkError extends Error {
    readonly #brand: 'link';
  }
  class RuntimeError extends Error {
    readonly #brand: 'runtime';
  }

  interface InstantiatedSource {
    module: Module;
    instance: Instance;
  }
  function compile(bytes: ArrayBufferLike | ArrayBufferView): Promise<Module>;
  function instantiate(bytes: ArrayBufferLike | ArrayBufferView, imports?: Imports): Promise<InstantiatedSource>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: ArrayBufferLike | ArrayBufferView): boolean;
}
