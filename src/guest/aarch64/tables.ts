/** The decode table of A64. */
import { compileTable } from '../pattern/table.ts';
import { branchRows, systemConditions, systemRows } from './rows/branches.ts';
import { fields } from './rows/fields.ts';

/** Rows by class, for documentation and tests that group by it. */
export const classes = {
  branches: branchRows,
  system: systemRows,
} as const;

const rows = {
  ...branchRows,
  ...systemRows,
} as const;

/** The name of every instruction of the guest: the manual's page, and which of its encodings. */
export type RowName = keyof typeof rows;

export const table = compileTable({ width: 32, fields, rows, conditions: { ...systemConditions } });

/**
 * Classes whose instructions cannot leave the block in their middle, by a fault or by handing the state to the kernel:
 * flags may stay unstored across them.
 */
export const straightClasses: readonly (keyof typeof classes)[] = [];
