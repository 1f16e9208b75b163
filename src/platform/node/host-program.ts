/** A program of the host that is run without a root folder. */
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { LoadError } from '../../common/errors.ts';
import { nodeErrorCode } from './host-errors.ts';

export interface HostProgram {
  /** The guest's name for it: its absolute path, symbolic links resolved. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The path under which a guest sees a file or folder of the host that keeps its place. */
export function guestPath(path: string): string {
  return path.replace(/^([A-Za-z]):/, '/$1').replaceAll('\\', '/');
}

/** Reads the program called `name`, relative to the current directory. `LoadError` where it cannot be executed. */
export function readHostProgram(name: string): HostProgram {
  try {
    const path = realpathSync(resolve(name));
    if (!statSync(path).isFile())
      throw new LoadError(
        'program-not-a-file',
        `${name} is ${statSync(path).isDirectory() ? 'a directory' : 'a special file'}, not a program`,
      );
    accessSync(path, constants.X_OK);
    return { path: guestPath(path), bytes: new Uint8Array(readFileSync(path)) };
  } catch (error) {
    throw meaningOf(error, name);
  }
}

function meaningOf(cause: unknown, name: string): unknown {
  if (cause instanceof LoadError) return cause;
  const context = { path: name };
  switch (nodeErrorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new LoadError('program-missing', `${name} does not exist`, { cause, context });
    case 'EACCES':
    case 'EPERM':
      return new LoadError('program-not-executable', `${name} cannot be executed: it lacks the permission`, {
        cause,
        context,
      });
    case undefined:
      return cause;
    default:
      return new LoadError('program-missing', `${name} cannot be opened: ${String(nodeErrorCode(cause))}`, {
        cause,
        context,
      });
  }
}
