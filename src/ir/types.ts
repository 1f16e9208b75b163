/** Types of IR values. They are WebAssembly's number and vector types. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const valueTypes: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128'];

/** Bytes that a value of a type takes in the vCPU block. */
export const valueSize: Readonly<Record<ValueType, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };

export function isValueType(text: string): text is ValueType {
  return (valueTypes as readonly string[]).includes(text);
}
