// @ts-check
import { posix, sep } from 'node:path';
import { forbidden } from '../architecture.js';
import { forEachSpecifier } from './imports.js';

/**
 * Relative imports follow the direction in tools/architecture.js, and name a TypeScript file.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const importDirection = {
  meta: {
    type: 'problem',
    docs: { description: 'relative imports follow the direction of tools/architecture.js' },
    schema: [],
    messages: {
      forbidden: '{{reason}} (tools/architecture.js).',
      extension: "Name the file that is imported, with its '.ts' extension.",
    },
  },
  create(context) {
    const path = context.filename.split(sep).join('/');
    const root = path.lastIndexOf('/src/');
    if (root < 0) return {};
    const from = path.slice(root + '/src/'.length);
    return forEachSpecifier((node, specifier) => {
      if (!specifier.startsWith('.')) return;
      if (!specifier.endsWith('.ts')) context.report({ node, messageId: 'extension' });
      const to = posix.normalize(posix.join(posix.dirname(from), specifier));
      const reason = forbidden(from, to);
      if (reason !== undefined) context.report({ node, messageId: 'forbidden', data: { reason } });
    });
  },
};
