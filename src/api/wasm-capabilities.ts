/** Features of WebAssembly that can be tried in this process: compiled code that validates does no harm. */
import type { Capability, Probe } from '../common/capability.ts';
import { messageOf } from '../common/errors.ts';
import { FunctionBody, ModuleBuilder } from '../host/wasm/encoder.ts';
import { fusesMultiplyAdd } from '../host/wasm/fused-multiply-add.ts';

const NEWER_NODE = 'a newer Node';

/** Runs `sum(a, b)`, which adds lanes of 16-bit numbers. */
function trySimd(): string | undefined {
  const module = new ModuleBuilder();
  const params = ['i32', 'i32'] as const;
  const ref = module.declareFunction('sum', params, ['i32']);
  const body = new FunctionBody(params);
  for (const index of params.keys()) {
    body.localGet(index);
    body.emit('i16x8.splat');
  }
  body.emit('i16x8.add');
  body.emit('i16x8.extract_lane_s', 7);
  const sum = exported(module, ref, body);
  const found = sum(32_000, 1_000);
  return found === -32_536 ? undefined : `lanes of 16 bits added up to ${String(found)}, not -32536`;
}

/** Counts down by calls that must not need more and more stack. */
function tryTailCalls(): string | undefined {
  const module = new ModuleBuilder();
  const params = ['i32'] as const;
  const ref = module.declareFunction('down', params, ['i32']);
  const body = new FunctionBody(params);
  body.localGet(0);
  body.emit('i32.eqz');
  body.if();
  body.i32Const(7);
  body.return();
  body.end();
  body.localGet(0);
  body.i32Const(1);
  body.emit('i32.sub');
  body.returnCall(ref);
  const down = exported(module, ref, body);
  return down(2_000_000) === 7 ? undefined : 'tail calls return something else';
}

function tryFusing(enable: () => void): string | undefined {
  enable();
  return fusesMultiplyAdd() ? undefined : 'there is no relaxed_madd, or it rounds twice';
}

function exported(
  module: ModuleBuilder,
  ref: ReturnType<ModuleBuilder['declareFunction']>,
  body: FunctionBody,
): (...args: readonly number[]) => number {
  module.defineFunction(ref, body);
  module.exportFunction('f', ref);
  const bytes = module.build() as Uint8Array<ArrayBuffer>;
  if (!WebAssembly.validate(bytes)) throw new Error('the engine does not know it');
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['f'] as (...args: readonly number[]) => number;
}

function probe(name: string, title: string, remedy: string, attempt: () => string | undefined): Probe {
  const run = (): Capability => {
    let reason: string | undefined;
    try {
      reason = attempt();
    } catch (error) {
      reason = messageOf(error);
    }
    return reason === undefined ? { name, available: true } : { name, available: false, reason, remedy };
  };
  return { name, title, key: () => '', run };
}

/** `enable` switches on what the engine has but does not offer by itself. */
export function wasmProbes(enable: () => void): readonly Probe[] {
  return [
    probe('wasm-simd', 'WebAssembly SIMD', NEWER_NODE, trySimd),
    probe(
      ...(['relaxed-simd', 'relaxed SIMD with fused multiply-add'] as const),
      ...(['a processor with FMA (x86-64-v3, any arm64), and Node 20 or later', () => tryFusing(enable)] as const),
    ),
    probe('tail-calls', 'tail calls', 'Node 20 or later', tryTailCalls),
  ];
}
