import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../common/errors.ts';
import { parseCommandLine, type Request, type RunRequest } from './command-line.ts';

function parse(args: readonly string[], env: Record<string, string> = {}): { request: Request; printed: string } {
  let printed = '';
  const request = parseCommandLine(args, { version: '1.2.3', env, print: (text) => (printed += text) });
  return { request, printed };
}

function run(...args: string[]): RunRequest {
  const { request } = parse(['run', ...args], { TERM: 'dumb' });
  if (request.kind !== 'run') return expect.unreachable(request.kind);
  return request;
}

describe('hospes run', () => {
  it('has defaults', () => {
    expect(run('prog')).toEqual({
      kind: 'run',
      program: 'prog',
      args: [],
      root: undefined,
      image: undefined,
      cwd: undefined,
      env: {},
      mounts: [],
      memory: undefined,
      accel: 'auto',
      memoryModel: 'auto',
      cache: true,
      bundle: undefined,
      tier: 1,
      compile: 'background',
      parallel: false,
      cpu: undefined,
      user: undefined,
      timeout: undefined,
      network: undefined,
      publish: [],
      pids: undefined,
      disk: undefined,
      cpus: undefined,
      codeSize: undefined,
      maxOutput: undefined,
      gpu: false,
      strace: false,
      stats: undefined,
      trace: undefined,
    });
  });

  it('reads every option', () => {
    const options = '--root /r --cwd /w --env A=1 --env TERM --env GONE --mount /a:/b --mount c:/d:ro --memory 1G';
    const more =
      '--accel wasm --memory-model strict --compile sync --parallel --gpu --no-cache --bundle /b --cpu v2 --user 5:6 --timeout 2s --net loopback --publish 8080:80 --pids 20 --disk 8M --cpus 0.5 --code-size 64K --max-output 1K --strace --stats=json --trace /t';
    expect(run(...options.split(' '), ...more.split(' '), '/bin/prog')).toEqual({
      kind: 'run',
      program: '/bin/prog',
      args: [],
      root: '/r',
      image: undefined,
      cwd: '/w',
      env: { A: '1', TERM: 'dumb' },
      mounts: [
        { source: '/a', target: '/b', readOnly: false },
        { source: 'c', target: '/d', readOnly: true },
      ],
      memory: 2 ** 30,
      accel: 'wasm',
      memoryModel: 'strict',
      cache: false,
      bundle: '/b',
      tier: 1,
      compile: 'sync',
      parallel: true,
      cpu: 'v2',
      user: { uid: 5, gid: 6 },
      timeout: 2000,
      network: 'loopback',
      publish: [{ hostPort: 8080, guestPort: 80 }],
      pids: 20,
      disk: 2 ** 23,
      cpus: 0.5,
      codeSize: 65_536,
      maxOutput: 1024,
      gpu: true,
      strace: true,
      stats: 'json',
      trace: '/t',
    });
  });

  it("leaves the program's own options alone", () => {
    const own = ['--stats', '-x', '--help', '--', '-V', '--env=1', ''];
    const request = run('--cwd', '/', 'prog', ...own);
    expect(request.args).toEqual(own);
    expect(request.stats).toBeUndefined();
    expect(run('--stats', 'prog').stats).toBe('table');
  });

  it('takes a program after --, and an option with =', () => {
    expect(run('--root=/r', '--', '-prog', '--', '-x')).toMatchObject({
      root: '/r',
      program: '-prog',
      args: ['--', '-x'],
    });
  });

  it('takes the last of several values', () => {
    expect(run('--cwd', '/a', '--cwd=/b', 'prog').cwd).toBe('/b');
    expect(run('--env', 'A=x=y', '--env=B=', 'prog').env).toEqual({ A: 'x=y', B: '' });
  });

  it.each([
    [['run'], "missing required argument 'prog'"],
    [['run', '--nope', 'prog'], "unknown option '--nope'"],
    [['run', '--root'], "option '--root <dir>' argument missing"],
    [['run', '--memory', 'big', 'prog'], '--memory "big"'],
    [['run', '--memory-model', 'loose', 'prog'], 'one of auto, host, range, strict'],
    [['run', '--mount', 'x', 'prog'], '--mount "x"'],
    [['run', '--user', 'root', 'prog'], '--user "root"'],
    [['run', '--timeout', '0', 'prog'], '--timeout "0"'],
    [['run', '--stats=xml', 'prog'], '--stats "xml": expected one of json'],
    [['run', '--strace=1', 'prog'], "option '--strace' takes no argument"],
    [['run', '-x', 'prog'], "unknown option '-x'"],
    [['help', 'fly'], "unknown command 'fly'"],
    [['run', '--pids', '0', 'prog'], '--pids "0"'],
    [['run', '--net', 'all', 'prog'], '--net "all"'],
    [['runn'], "unknown command 'runn' (Did you mean run?)"],
    [['fly'], "unknown command 'fly'"],
    [['--nope'], "unknown option '--nope'"],
    [[], 'no command given'],
  ])('refuses %j', (args, message) => {
    expect(() => parse(args)).toThrow(ConfigurationError);
    expect(() => parse(args)).toThrow(message);
    expect(() => parse(args)).not.toThrow('\n');
  });
});

describe('hospes inspect', () => {
  it('takes a file, a place and a number of blocks', () => {
    expect(parse(['inspect', 'a.out']).request).toEqual({
      kind: 'inspect',
      file: 'a.out',
      at: undefined,
      blocks: 1,
      wasm: undefined,
    });
    expect(parse(['inspect', 'a.out', '--wasm']).request).toMatchObject({ wasm: 'host' });
    expect(parse(['inspect', '--wasm=strict', 'a.out']).request).toMatchObject({ file: 'a.out', wasm: 'strict' });
    expect(parse(['inspect', 'a.out', '--at', 'main', '--blocks', '3']).request).toEqual({
      kind: 'inspect',
      file: 'a.out',
      at: 'main',
      blocks: 3,
      wasm: undefined,
    });
  });

  it.each([
    ['inspect'],
    ['inspect', 'a', 'b'],
    ['inspect', 'a', '--blocks', '0'],
    ['inspect', 'a', '--wasm=loose'],
    ['inspect', 'a', '--wasm', '--blocks', '2'],
  ])('refuses %j', (...args) => {
    expect(() => parse(args)).toThrow(ConfigurationError);
  });
});

describe('questions about hospes itself', () => {
  it('prints the version', () => {
    expect(parse(['--version'])).toEqual({ request: { kind: 'answered' }, printed: '1.2.3\n' });
  });

  it('prints help, and the exit statuses with it', () => {
    expect(parse(['--help']).printed).toMatch(/run .*\n.*inspect/);
    expect(parse(['run', '--help']).printed).toContain('124  --timeout ended it');
    expect(parse(['help']).printed).toBe(parse(['--help']).printed);
    expect(parse(['help', 'run']).printed).toBe(parse(['run', '-h']).printed);
    expect(parse(['inspect', 'x', '--help']).printed).toContain('--at <symbol|address>');
  });

  it('wraps help at 80 columns', () => {
    for (const args of [['--help'], ['run', '--help'], ['inspect', '--help']])
      for (const line of parse(args).printed.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('hospes doctor', () => {
  it('takes its options', () => {
    expect(parse(['doctor']).request).toEqual({ kind: 'doctor', json: false, refresh: false });
    expect(parse(['doctor', '--json', '--refresh']).request).toEqual({ kind: 'doctor', json: true, refresh: true });
    expect(() => parse(['doctor', 'more'])).toThrow(ConfigurationError);
  });
});

describe('hospes cache', () => {
  it.each(['stats', 'list', 'verify', 'clear'])('%s', (action) => {
    expect(parse(['cache', action]).request).toEqual({ kind: 'cache', action, json: false });
    expect(parse(['cache', action, '--json']).request).toEqual({ kind: 'cache', action, json: true });
  });

  it.each([[[]], [['size']], [['stats', 'list']]])('refuses %j', (args) => {
    expect(() => parse(['cache', ...args])).toThrow(/one of stats, list, verify, clear is expected/);
  });
});
