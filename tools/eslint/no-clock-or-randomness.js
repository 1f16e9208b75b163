// @ts-check
/** Globals whose every use is a clock, randomness or a timer. */
const FORBIDDEN = new Set([
  'performance',
  'crypto',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'requestAnimationFrame',
  'requestIdleCallback',
]);

/** Members of otherwise harmless globals. */
const MEMBERS = new Map([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['process', new Set(['hrtime', 'uptime', 'cpuUsage'])],
  ['Atomics', new Set(['wait', 'waitAsync'])],
]);

/**
 * Time and randomness come in through interfaces, so that a run can be recorded and replayed.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const noClockOrRandomness = {
  meta: {
    type: 'problem',
    docs: { description: 'no clock, timer or randomness outside platform' },
    schema: [],
    messages: { forbidden: "'{{name}}' makes a run impossible to replay; take it through an interface of platform/." },
  },
  create(context) {
    const source = context.sourceCode;

    /** The name used of a global (`globalThis.X` counts as `X`), with the node that uses it. */
    const resolve = (/** @type {any} */ identifier) => {
      const parent = identifier.parent;
      if (identifier.name !== 'globalThis') return { name: identifier.name, node: identifier };
      const name = memberName(parent, identifier);
      return name === undefined ? undefined : { name, node: parent };
    };

    const check = (/** @type {any} */ identifier) => {
      const use = resolve(identifier);
      if (use === undefined) return;
      const { name, node } = use;
      const report = (/** @type {string} */ what) =>
        context.report({ node, messageId: 'forbidden', data: { name: what } });
      if (FORBIDDEN.has(name)) return report(name);
      const member = memberName(node.parent, node);
      if (member !== undefined && MEMBERS.get(name)?.has(member) === true) return report(`${name}.${member}`);
      // `new Date(x)` computes; `new Date()` and `Date()` read the clock.
      if (
        name === 'Date' &&
        node.parent.callee === node &&
        (node.parent.type === 'CallExpression' || node.parent.arguments.length === 0)
      )
        report('Date()');
    };

    return {
      'Program:exit'(program) {
        const global = source.getScope(program);
        // References to globals that are configured resolve to variables without definitions; the rest go through.
        for (const reference of global.through) checkReference(reference, check);
        for (const variable of global.variables)
          if (variable.defs.length === 0) for (const reference of variable.references) checkReference(reference, check);
      },
    };
  },
};

/** `typeof performance` as a type costs nothing at run time. */
function checkReference(/** @type {any} */ reference, /** @type {(identifier: any) => void} */ check) {
  if (reference.identifier.parent.type !== 'TSTypeQuery') check(reference.identifier);
}

/** The property that `parent` reads of `object`, where it can be told. */
function memberName(/** @type {any} */ parent, /** @type {any} */ object) {
  if (parent?.type !== 'MemberExpression' || parent.object !== object) return undefined;
  if (!parent.computed) return parent.property.name;
  return parent.property.type === 'Literal' ? String(parent.property.value) : undefined;
}
