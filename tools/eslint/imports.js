// @ts-check
/**
 * A visitor that calls `check` with every module specifier of a file: imports, re-exports, dynamic imports and
 * import types.
 *
 * @param {(node: import('estree').Node, specifier: string) => void} check
 */
export function forEachSpecifier(check) {
  const visit = (/** @type {{ source?: any }} */ node) => {
    const source = node.source;
    if (source?.type === 'Literal' && typeof source.value === 'string') check(source, source.value);
  };
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
    TSImportType: visit,
  };
}
