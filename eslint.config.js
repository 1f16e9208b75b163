import { defineConfig, globalIgnores } from 'eslint/config';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { zones } from './tools/architecture.js';
import hospes from './tools/eslint/plugin.js';

const tests = ['**/*.test.ts', 'tests/**/*.ts', 'bench/**/*.ts', '**/testing/**/*.ts', 'tools/**/*.ts', '*.ts'];
const nodeZones = Object.entries(zones)
  .filter(([, zone]) => zone.node === true)
  .map(([name]) => (name.endsWith('.ts') ? `src/${name}` : `src/${name}/**`));

export default defineConfig(
  globalIgnores(['types/', 'dist/', 'coverage/', 'node_modules/', 'tests/fixtures/', '.cache/']),
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { hospes },
    rules: {
      'hospes/no-silent-default': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      // Explicit is what a reader of bit-level code wants; the compiler already refuses what is wrong.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: false }],
      '@typescript-eslint/no-inferrable-types': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Static functions such as BigInt.asUintN are values like any other.
      '@typescript-eslint/unbound-method': ['error', { ignoreStatic: true }],
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // `interface` or `type`: the author's choice (unions need the one, extension the other).
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: tests,
    rules: {
      'hospes/import-direction': 'error',
      'hospes/no-node-imports': 'error',
      'hospes/no-clock-or-randomness': 'error',
      'no-console': 'error',
    },
  },
  { files: nodeZones, ignores: tests, rules: { 'hospes/no-node-imports': 'off' } },
  { files: ['src/platform/**'], ignores: tests, rules: { 'hospes/no-clock-or-randomness': 'off' } },
  {
    files: tests,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: Object.fromEntries(nodeGlobals().map((name) => [name, 'readonly'])) },
  },
);

/** What scripts use of Node's globals. */
function nodeGlobals() {
  return [
    'process',
    'console',
    'Buffer',
    'URL',
    'performance',
    'WebAssembly',
    'TextDecoder',
    'TextEncoder',
    'setTimeout',
    'clearTimeout',
  ];
}
