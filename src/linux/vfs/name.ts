import { encodeName } from '../../common/file-name.ts';
import { NAME_MAX } from './constants.ts';

/** Bytes that `name` takes on the guest's side. */
export function nameLength(name: string): number {
  // A UTF-16 unit takes 1 to 3 bytes: most names need no encoding to know that they fit.
  return name.length * 3 <= NAME_MAX ? name.length : encodeName(name).length;
}
