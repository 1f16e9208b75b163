// @ts-check
/**
 * What nobody thought of must not pass as success: a `default:` or a last `else` that does nothing, or that leaves
 * with a value that reads as success (nothing, undefined, 0, true).
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const noSilentDefault = {
  meta: {
    type: 'problem',
    docs: { description: 'no default branch that silently does nothing' },
    schema: [],
    messages: {
      silent: 'A default that does nothing hides the case nobody thought of; handle it, throw, or use unreachable().',
      emptyElse: 'An empty else hides the case nobody thought of; handle it or leave it out.',
    },
  },
  create(context) {
    return {
      SwitchCase(node) {
        if (node.test !== null) return;
        const siblings = /** @type {any} */ (node).parent.cases;
        // `default:` that falls through to (or shares the body of) a named case is that case.
        if (node.consequent.length === 0 && siblings.at(-1) !== node) return;
        if (isSilent(node.consequent)) context.report({ node, messageId: 'silent' });
      },
      IfStatement(node) {
        const alternate = node.alternate;
        if (alternate?.type === 'BlockStatement' && alternate.body.length === 0)
          context.report({ node: alternate, messageId: 'emptyElse' });
      },
    };
  },
};

/** True where the statements do nothing but leave as if all were well. */
function isSilent(/** @type {any[]} */ statements) {
  const body = statements.length === 1 && statements[0].type === 'BlockStatement' ? statements[0].body : statements;
  if (body.length === 0) return true;
  const [first] = body;
  if (first.type === 'EmptyStatement') return true;
  if (first.type === 'BreakStatement' || first.type === 'ContinueStatement') return true;
  return first.type === 'ReturnStatement' && readsAsSuccess(first.argument);
}

function readsAsSuccess(/** @type {any} */ value) {
  if (value === null) return true;
  if (value.type === 'Identifier') return value.name === 'undefined';
  if (value.type === 'UnaryExpression') return value.operator === 'void';
  return value.type === 'Literal' && (value.value === 0 || value.value === true || value.bigint === '0');
}
