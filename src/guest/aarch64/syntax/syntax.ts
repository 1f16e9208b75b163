/** Syntax of every row: mnemonic and operands as an assembler takes them, see `operands.ts`. */
import type { RowName } from '../tables.ts';
import { branchSyntax, systemSyntax } from './branches.ts';
import { baseOperands, type Operand } from './operands.ts';

export const syntax: Readonly<Record<RowName, string>> = {
  ...branchSyntax,
  ...systemSyntax,
};

export const operands: Readonly<Record<string, Operand>> = { ...baseOperands };
