// @ts-check
import { isBuiltin } from 'node:module';
import { forEachSpecifier } from './imports.js';

/**
 * No module of Node outside the folders that may know Node: everything else must run in a browser too.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const noNodeImports = {
  meta: {
    type: 'problem',
    docs: { description: 'no module of Node outside platform/node and cli' },
    schema: [],
    messages: { forbidden: "'{{specifier}}' is a module of Node; only platform/node and cli may import it." },
  },
  create(context) {
    return forEachSpecifier((node, specifier) => {
      if (isBuiltin(specifier)) context.report({ node, messageId: 'forbidden', data: { specifier } });
    });
  },
};
