/** Whether this engine's `relaxed_madd` rounds once, which WebAssembly leaves open (relaxed SIMD, 4.3.3). */
import { FunctionBody, ModuleBuilder } from './encoder.ts';

let answer: boolean | undefined;

/** True where `f32x4.relaxed_madd` and `f64x2.relaxed_madd` exist and round once. Found out at the first call. */
export function fusesMultiplyAdd(): boolean {
  answer ??= probe('f32x4', 2 ** -12) && probe('f64x2', 2 ** -30);
  return answer;
}

/** `(1 + d) * (1 - d) - 1` is `-d * d` when it is rounded once, else 0. */
function probe(shape: 'f32x4' | 'f64x2', distance: number): boolean {
  const type = shape === 'f32x4' ? 'f32' : 'f64';
  const module = new ModuleBuilder();
  const params = [type, type, type] as const;
  const ref = module.declareFunction('madd', params, [type]);
  const body = new FunctionBody(params);
  for (const index of params.keys()) {
    body.localGet(index);
    body.emit(`${shape}.splat`);
  }
  body.emit(`${shape}.relaxed_madd`);
  body.emit(`${shape}.extract_lane`, 0);
  module.defineFunction(ref, body);
  module.exportFunction('madd', ref);
  const bytes = module.build() as Uint8Array<ArrayBuffer>;
  if (!WebAssembly.validate(bytes)) return false;
  const { madd } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  return (madd as (a: number, b: number, c: number) => number)(1 + distance, 1 - distance, -1) === -distance * distance;
}
