/** The decode table of A64. */
import { compileTable } from '../pattern/table.ts';
import { branchRows, systemConditions, systemRows } from './rows/branches.ts';
import { immediateConditions, immediateRows } from './rows/data-processing-immediate.ts';
import { registerConditions, registerRows } from './rows/data-processing-register.ts';
import { fields } from './rows/fields.ts';
import {
  atomicConditions,
  atomicRows,
  exclusiveRows,
  literalRows,
  pairRows,
  prefetchRows,
  singleRows,
  vectorRows,
} from './rows/loads-stores.ts';
import { floatConditions, floatRows } from './rows/float.ts';
import { simdConditions, simdMemoryConditions, simdMemoryRows, simdRows } from './rows/simd.ts';

/** Rows by class, for documentation and tests that group by it. */
export const classes = {
  immediate: immediateRows,
  register: registerRows,
  branches: branchRows,
  system: systemRows,
  single: singleRows,
  prefetch: prefetchRows,
  literal: literalRows,
  pair: pairRows,
  vector: vectorRows,
  exclusive: exclusiveRows,
  atomic: atomicRows,
  float: floatRows,
  simd: simdRows,
  structure: simdMemoryRows,
} as const;

const rows = {
  ...immediateRows,
  ...registerRows,
  ...branchRows,
  ...systemRows,
  ...singleRows,
  ...prefetchRows,
  ...literalRows,
  ...pairRows,
  ...vectorRows,
  ...exclusiveRows,
  ...atomicRows,
  ...floatRows,
  ...simdRows,
  ...simdMemoryRows,
} as const;

/** The name of every instruction of the guest: the manual's page, and which of its encodings. */
export type RowName = keyof typeof rows;

export const table = compileTable({
  width: 32,
  fields,
  rows,
  conditions: {
    ...immediateConditions,
    ...registerConditions,
    ...systemConditions,
    ...atomicConditions,
    ...floatConditions,
    ...simdConditions,
    ...simdMemoryConditions,
  },
});

/**
 * Classes whose instructions cannot leave the block in their middle, by a fault or by handing the state to the kernel:
 * flags may stay unstored across them.
 */
export const straightClasses: readonly (keyof typeof classes)[] = [
  'immediate',
  'register',
  'prefetch',
  'float',
  'simd',
];
