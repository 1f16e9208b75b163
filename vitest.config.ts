import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` runs from the sources alone; `programs` starts `hospes` as a user would, so it builds the
 * package first when it is older than the sources.
 */
export default defineConfig({
  test: {
    // Many tests wait for processes that they start.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'tools/**/*.test.ts',
            'tests/{architecture,filetests,codegen,guest-asm}/**/*.test.ts',
          ],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'programs',
          include: ['tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'tests/{architecture,filetests,codegen,guest-asm}/**'],
          globalSetup: ['tests/setup/build.ts'],
          testTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing/**'],
      reporter: ['text', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 85 },
    },
  },
});
