/** Relaxed SIMD, which V8 11 (Node 20) has behind a flag and later versions always. */
import { setFlagsFromString } from 'node:v8';

export function enableRelaxedSimd(): void {
  // Later versions of V8 don't know the flag any more, and say so on stderr.
  if (Number.parseInt(process.versions.v8) === 11) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
