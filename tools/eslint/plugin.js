// @ts-check
/** Hospes's own lint rules: what review would forget. Each has its tests beside it. */
import { importDirection } from './import-direction.js';
import { noClockOrRandomness } from './no-clock-or-randomness.js';
import { noNodeImports } from './no-node-imports.js';
import { noSilentDefault } from './no-silent-default.js';

export default {
  meta: { name: 'hospes' },
  rules: {
    'import-direction': importDirection,
    'no-clock-or-randomness': noClockOrRandomness,
    'no-node-imports': noNodeImports,
    'no-silent-default': noSilentDefault,
  },
};
