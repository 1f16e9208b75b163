/** Errors as one line on standard error and an exit status. */
import { AssertionError } from '../common/assert.ts';
import { causesOf, HospesError, LoadError, messageOf } from '../common/errors.ts';
import { RunLimitError } from '../api/types.ts';
import { EXIT_STATUS } from './exit-status.ts';

export interface Report {
  readonly status: number;
  /** Without the final newline; more than one line only under `HOSPES_DEBUG=1`, for causes and for bugs of Hospes. */
  readonly text: string;
}

/** What is missing, rather than there and of no use. */
const NOT_FOUND: ReadonlySet<string> = new Set([
  'program-missing',
  'elf-interpreter-missing',
  'script-interpreter-missing',
]);

/** What to say about `error`; `debug` adds the stack of a bug. */
export function report(error: unknown, debug: boolean): Report {
  if (error instanceof HospesError)
    return { status: statusOf(error), text: `hospes: ${oneLine(error.message)}${debug ? causesText(error) : ''}` };
  const name = error instanceof Error && !(error instanceof AssertionError) ? `${error.name}: ` : '';
  const message = error instanceof Error ? error.message : String(error);
  const advice = 'this is a bug in Hospes; report it with the command and its output under HOSPES_DEBUG=1';
  const stack = debug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return { status: EXIT_STATUS.HOSPES_FAILED, text: `hospes: ${oneLine(name + message)}; ${advice}${stack}` };
}

/** What led to an error, a line each. */
function causesText(error: HospesError): string {
  const causes = causesOf(error)
    .slice(1)
    .map((cause) => oneLine(messageOf(cause)));
  return causes.map((cause) => `\n  because: ${cause}`).join('');
}

function statusOf(error: HospesError): number {
  if (error instanceof RunLimitError)
    return error.limit === 'wallTime' ? EXIT_STATUS.TIMED_OUT : EXIT_STATUS.HOSPES_FAILED;
  // Too little memory is the caller's limit, not the program's fault.
  if (!(error instanceof LoadError) || error.code === 'memory-limit') return EXIT_STATUS.HOSPES_FAILED;
  return NOT_FOUND.has(error.code) ? EXIT_STATUS.NOT_FOUND : EXIT_STATUS.NOT_EXECUTABLE;
}

/** Names of files can hold anything; a report stays one line, and sends nothing to the terminal. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are the point
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, hexEscape);
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
