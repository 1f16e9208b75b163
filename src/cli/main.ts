#!/usr/bin/env node
/**
 * Starts the `hospes` command from the bundle that the build makes of `command.ts`. Loading and compiling some 250 modules
 * takes longer than many a guest program runs.
 */
import { fileURLToPath } from 'node:url';
import { runBundle } from '../platform/node/run-bundle.ts';

runBundle(fileURLToPath(new URL('../bundle/cli/command.cjs', import.meta.url)));
