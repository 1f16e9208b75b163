/** Syntax of every row: mnemonic and operands as an assembler takes them, see `operands.ts`. */
import type { RowName } from '../tables.ts';
import { branchSyntax, systemSyntax } from './branches.ts';
import { immediateSyntax, registerSyntax } from './data-processing.ts';
import { loadStoreSyntax } from './loads-stores.ts';
import { dataOperands, memoryOperands } from './memory-operands.ts';
import { floatSyntax } from '../rows/float.ts';
import { simdSyntax } from '../rows/simd.ts';
import { baseOperands, type Operand } from './operands.ts';
import { vectorOperands } from './vector-operands.ts';

export const syntax: Readonly<Record<RowName, string>> = {
  ...immediateSyntax,
  ...registerSyntax,
  ...branchSyntax,
  ...systemSyntax,
  ...loadStoreSyntax,
  ...floatSyntax,
  ...simdSyntax,
};

export const operands: Readonly<Record<string, Operand>> = {
  ...baseOperands,
  ...dataOperands,
  ...memoryOperands,
  ...vectorOperands,
};
