// @ts-check
/**
 * The import graph of `src/`, as decided in docs/architecture.md: which zone may import which, and which platform
 * modules each may use. The ESLint rule `hospes/import-direction` and tests/architecture both read this table.
 */

/**
 * A zone is a folder under `src/` (the longest matching prefix counts). `imports` lists every other zone that its
 * files may import; its own zone is always allowed.
 *
 * @typedef {{ readonly imports: readonly string[], readonly node?: boolean }} Zone
 * @type {Readonly<Record<string, Zone>>}
 */
export const zones = {
  common: { imports: [] },
  memory: { imports: ['common', 'platform/types.ts'] },
  fp: { imports: ['common'] },
  ir: { imports: ['common', 'fp'] },
  'guest/guest.ts': { imports: ['common', 'fp', 'ir'] },
  'guest/pattern': { imports: ['common', 'fp', 'ir', 'guest/guest.ts'] },
  'guest/riscv64': { imports: ['common', 'fp', 'ir', 'guest/guest.ts', 'guest/pattern'] },
  'guest/aarch64': { imports: ['common', 'fp', 'ir', 'guest/guest.ts', 'guest/pattern'] },
  'guest/x64': { imports: ['common', 'fp', 'ir', 'guest/guest.ts'] },
  host: { imports: ['common', 'fp', 'ir', 'memory'] },
  slab: { imports: ['common', 'ir', 'host'] },
  engine: { imports: ['common', 'fp', 'ir', 'memory', 'host', 'guest/guest.ts', 'platform/types.ts'] },
  'platform/types.ts': { imports: [] },
  // What runs guest code by other means than translating it; it shares the engine's state and stands in for it.
  accel: {
    imports: ['common', 'ir', 'memory', 'guest/guest.ts', 'guest/x64', 'engine', 'platform/types.ts'],
  },
  linux: {
    imports: [
      'common',
      'memory',
      'ir',
      'guest/guest.ts',
      'guest/riscv64',
      'guest/aarch64',
      'guest/x64',
      'engine',
      'platform/types.ts',
    ],
  },
  debug: { imports: ['common', 'memory', 'ir', 'guest/guest.ts', 'host', 'engine', 'linux'] },
  gpu: { imports: ['common'] },
  'gpu/browser.ts': { imports: ['common', 'gpu', 'platform/browser'] },
  'gpu/node': { imports: ['common', 'gpu', 'platform/node'], node: true },
  'platform/browser': { imports: ['common', 'platform/types.ts'] },
  'platform/node': { imports: ['common', 'platform/types.ts'], node: true },
  api: {
    imports: [
      'common',
      'memory',
      'ir',
      'guest/guest.ts',
      'guest/riscv64',
      'guest/aarch64',
      'guest/x64',
      'host',
      'slab',
      'engine',
      'linux',
      'accel',
      'debug',
      'gpu',
      'platform/types.ts',
    ],
  },
  'index.ts': { imports: ['common', 'gpu', 'gpu/node', 'platform/types.ts', 'platform/node', 'api'], node: true },
  thread: { imports: ['platform/node', 'engine', 'api'], node: true },
  cli: {
    imports: ['common', 'debug', 'gpu', 'gpu/node', 'platform/types.ts', 'platform/node', 'api', 'index.ts'],
    node: true,
  },
};

/** Names that the IR and the hosts must not mention: they serve every guest alike. */
export const guestNames = ['riscv', 'rv64', 'aarch64', 'arm64', 'x86', 'x64', 'amd64'];

/**
 * The zone of a path relative to `src/` (with `/`), or undefined where the table has none.
 *
 * @param {string} path
 * @returns {string | undefined}
 */
export function zoneOf(path) {
  let found;
  for (const name of Object.keys(zones))
    if ((path === name || path.startsWith(`${name}/`)) && (found === undefined || name.length > found.length))
      found = name;
  return found;
}

/**
 * Why a file of one zone may not import a file of another, or undefined where it may.
 *
 * @param {string} from path relative to `src/`
 * @param {string} to path relative to `src/`
 * @returns {string | undefined}
 */
export function forbidden(from, to) {
  const fromZone = zoneOf(from);
  const toZone = zoneOf(to);
  if (fromZone === undefined) return `${from} lies in no zone of tools/architecture.js`;
  if (toZone === undefined) return `${to} lies in no zone of tools/architecture.js`;
  if (fromZone === toZone || zones[fromZone]?.imports.includes(toZone)) return undefined;
  return `${fromZone} may not import ${toZone}`;
}
