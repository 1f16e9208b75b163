/** A loaded interpreter: the generated module over one guest memory. */
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { memoryLayout, type MemoryLayout } from '../../memory/layout.ts';
import { RUNTIME_MODULE } from '../wasm/runtime-library.ts';
import { fusedSequences } from './fused-sequences.ts';
import { generateInterpreter } from './generate.ts';
import type { MemoryModel } from './memory-model.ts';
import { MicroOpSet } from './micro-ops.ts';

/** Host functions that the interpreter calls, by runtime function name. */
export type RuntimeImports = Readonly<Record<string, (...values: never[]) => unknown>>;

export interface Interpreter {
  /** Runs from the micro-op at host offset `ip`; returns an `EXIT` code. */
  readonly run: (vcpu: number, ip: number, budget: number) => number;
  /** Runs one micro-op with careful checks; returns the next one's host offset, 0 on a fault. */
  step(vcpu: number, ip: number): number;
}

let sharedSet: MicroOpSet | null = null;

/** The micro-op set with the fused sequences that this version ships. */
export function microOpSet(): MicroOpSet {
  return (sharedSet ??= new MicroOpSet(fusedSequences));
}

/**
 * A text that changes whenever a prebuilt module would no longer fit: the build writes it beside the module. Not hashed:
 * comparing it is one call, hashing it is work for code that is still cold.
 */
export function interpreterFingerprint(set: MicroOpSet, layout: MemoryLayout, model: MemoryModel): string {
  return [
    JSON.stringify(codeLayout(layout)),
    model,
    ...set.kinds.map((kind) => kind.name),
    ...set.fused.map((sequence) => sequence.map((kind) => kind.code).join(' ')),
  ].join('\n');
}

/** Layout of the prebuilt modules: the default address space. */
export const defaultLayout: MemoryLayout = memoryLayout(2 ** 32);

const compiled = new Map<string, WebAssembly.Module>();

/** Of a memory that engines share: what their common interpreter knows. They tell it apart by `VCPU.JUMP_CACHE`. */
export const sharedLayout: MemoryLayout = memoryLayout(defaultLayout.size, 2);

function codeLayout(layout: MemoryLayout): MemoryLayout {
  return layout.areas === 0 ? layout : memoryLayout(layout.size, sharedLayout.areas);
}

/** Name of the module for a model in the build, and in memory for a layout of the default size. */
export function interpreterName(model: MemoryModel, { areas }: Pick<MemoryLayout, 'areas'>): string {
  return areas === 0 ? model : `${model}-shared`;
}

/** Bytes of the module that the package was built with, or null where none was or its fingerprint is another. */
export type PrebuiltModules = (name: string, fingerprint: string) => Uint8Array | null;

export interface InterpreterSource {
  readonly prebuilt?: PrebuiltModules;
  /** Compiles a module of this name. */
  readonly compile?: (name: string, wasm: Uint8Array) => WebAssembly.Module;
}

/** Compiles the interpreter for a layout and model, from the prebuilt bytes where they fit. */
export function interpreterModule(
  layout: MemoryLayout,
  model: MemoryModel,
  { prebuilt, compile = (_name, wasm) => new WebAssembly.Module(wasm.slice()) }: InterpreterSource = {},
): WebAssembly.Module {
  const name = interpreterName(model, layout);
  const key = `${name}-${String(layout.size)}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const set = microOpSet();
  const isDefault = layout.size === defaultLayout.size;
  const fitting = isDefault ? (prebuilt?.(name, interpreterFingerprint(set, layout, model)) ?? null) : null;
  const bytes = fitting ?? generateInterpreter({ set, layout: codeLayout(layout), model });
  const module = compile(`interpreter ${key}`, bytes);
  compiled.set(key, module);
  return module;
}

/** Takes a module that another thread of the host has compiled, for `interpreterModule` to give. */
export function keepInterpreter(module: WebAssembly.Module, layout: MemoryLayout, model: MemoryModel): void {
  compiled.set(`${interpreterName(model, layout)}-${String(layout.size)}`, module);
}

/** Instantiates the interpreter over `memory`. */
export function instantiateInterpreter(
  module: WebAssembly.Module,
  memory: GuestMemory,
  imports: RuntimeImports,
): Interpreter {
  const instance = new WebAssembly.Instance(module, {
    env: { memory: memory.memory },
    [RUNTIME_MODULE]: imports,
  });
  return instance.exports as unknown as Interpreter;
}
