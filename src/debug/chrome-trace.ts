/**
 * Events as lines of a trace in the JSON format that chrome://tracing and ui.perfetto.dev read ("Trace Event Format"): one
 * object each, times in microseconds. A file is `TRACE_HEAD`, the lines joined by `,\n`, and `TRACE_TAIL`.
 */
import type { RunEvent } from '../linux/index.ts';

export const TRACE_HEAD = '{"displayTimeUnit":"ns","traceEvents":[\n';
export const TRACE_TAIL = '\n]}\n';

type Arguments = Readonly<Record<string, unknown>>;

/** The lines for one event. */
export function chromeTrace(event: RunEvent): string[] {
  switch (event.kind) {
    case 'process-start':
      return [
        ...(event.name === '' ? [] : [nameOf(event, 'process_name', event.name)]),
        mark(event, 'process start', 'process', { parent: event.parent }),
      ];
    case 'thread-start':
      return [nameOf(event, 'thread_name', event.name), mark(event, 'thread start', 'process', {})];
    case 'exec':
      return [
        nameOf(event, 'process_name', event.name),
        nameOf(event, 'thread_name', event.name),
        mark(event, `exec ${event.program}`, 'process', { program: event.program }),
      ];
    case 'thread-exit':
      return [mark(event, 'thread exit', 'process', {})];
    case 'process-exit': {
      const { code, signal, crash } = event;
      return [mark(event, 'process exit', 'process', { code, signal, crash })];
    }
    case 'syscall':
      return [span(event, event.name, 'syscall', { args: event.args, result: event.result })];
    case 'signal':
      return [mark(event, event.signal, 'signal', { action: event.action })];
    default:
      return codeLines(event);
  }
}

/** What happens to translated code. */
function codeLines(
  event: Extract<RunEvent, { kind: 'compile' | 'region' | 'drop' | 'invalidate' | 'flush' }>,
): string[] {
  switch (event.kind) {
    case 'compile': {
      const { pc, symbol, regions, instructions, bytes, isCached } = event;
      const args = { pc: hex(pc), symbol, regions, instructions, bytes, isCached };
      return [span(event, `${isCached ? 'load' : 'compile'} ${symbol ?? hex(pc)}`, 'compile', args)];
    }
    case 'region': {
      const { pc, symbol, entries, instructions, generation } = event;
      const args = { pc: hex(pc), symbol, entries: entries.map(hex), instructions, generation };
      return [mark(event, `region ${symbol ?? hex(pc)}`, 'tier', args)];
    }
    case 'drop': {
      const { modules, regions, reason } = event;
      return [mark(event, 'regions dropped', 'tier', { modules, regions, reason })];
    }
    case 'invalidate': {
      const { start, end, blocks } = event;
      return [mark(event, 'blocks invalidated', 'tier', { start: hex(start), end: hex(end), blocks })];
    }
    case 'flush':
      return [mark(event, 'blocks flushed', 'tier', { blocks: event.blocks, reason: event.reason })];
  }
}

function span(
  event: RunEvent & { readonly duration: number },
  name: string,
  category: string,
  args: Arguments,
): string {
  return line(event, { ph: 'X', name, cat: category, dur: event.duration / 1000, args });
}

/** A moment on the thread's track. */
function mark(event: RunEvent, name: string, category: string, args: Arguments): string {
  return line(event, { ph: 'i', s: 't', name, cat: category, args });
}

/** Names the track of a process or thread from now on. */
function nameOf(event: RunEvent, what: 'process_name' | 'thread_name', name: string): string {
  return line(event, { ph: 'M', name: what, args: { name } });
}

function line({ time, pid, tid }: RunEvent, fields: Arguments): string {
  return JSON.stringify({ ...fields, ts: time / 1000, pid, tid });
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
