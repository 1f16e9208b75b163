/** Looks for what is wrong with the kept code of a program, beyond what its checksum tells: for `hospes cache verify`. */
import type { CodeModule } from './code-cache.ts';

/** What is wrong, a sentence each; nothing for code that a run may take. */
export function problemsOf(modules: readonly CodeModule[]): string[] {
  return modules.flatMap((module) =>
    problemsOfModule(module).map((problem) => `module ${String(module.id)} ${problem}`),
  );
}

function problemsOfModule({ regions, ranges, code, wasm, sites }: CodeModule): string[] {
  const problems: string[] = [];
  const size = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  if (size !== code.length) problems.push(`has ${String(code.length)} bytes of guest code for ${String(size)}`);
  if (ranges.some(({ start, end }, index) => start >= end || start < (ranges[index - 1]?.end ?? 0)))
    problems.push('has ranges of guest code that are out of order');
  if (regions.some(({ pc }) => !ranges.some(({ start, end }) => pc >= start && pc < end)))
    problems.push('has a region outside of its guest code');
  const { positions } = sites;
  if (positions.some((at, index) => at >= wasm.length || at < (positions[index - 1] ?? 0)))
    problems.push('has places of traps that are out of order');
  if (!WebAssembly.validate(wasm.slice())) return [...problems, 'is no valid WebAssembly'];
  const names = new Set(WebAssembly.Module.exports(new WebAssembly.Module(wasm.slice())).map(({ name }) => name));
  if (regions.some((_, index) => !names.has(`r${String(index)}`))) problems.push('lacks the function of a region');
  return problems;
}
