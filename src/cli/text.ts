/** Text that several commands print. */

/** Lines of columns, each as wide as its widest cell; the last one ends where its text does. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** A number of bytes in the unit that suits it. */
export function bytesText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return `${power === 0 ? String(bytes) : (bytes / 2 ** (10 * power)).toFixed(1)} ${UNITS[power] ?? ''}`;
}
