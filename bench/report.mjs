// @ts-check
/** Results of a benchmark as a table and as a chart. */
import { geometricMean, median } from './measure.mjs';

/**
 * CPU seconds of one program by column: `hospes` and what it is compared with.
 *
 * @typedef {Readonly<Record<string, readonly number[]>>} Seconds
 * @typedef {{ seconds: Seconds, ratios: Readonly<Record<string, number>> }} Row
 * @typedef {Readonly<Record<string, Row>>} Rows
 */

/** Time of hospes divided by that of each other column, by medians. @param {Seconds} seconds @returns {Row} */
export function rowOf(seconds) {
  const ours = median(seconds['hospes'] ?? []);
  const others = Object.entries(seconds).filter(([column]) => column !== 'hospes');
  return { seconds, ratios: Object.fromEntries(others.map(([column, times]) => [column, ours / median(times)])) };
}

/** Two decimals, or two digits of what is smaller. @param {number} ratio */
export const ratioText = (ratio) => (ratio < 0.095 ? ratio.toPrecision(2) : ratio.toFixed(2));

/** Geometric mean of each column's ratio. @param {Rows} rows @returns {Record<string, number>} */
export function meansOf(rows) {
  const columns = Object.keys(Object.values(rows)[0]?.ratios ?? {});
  const ratiosOf = (/** @type {string} */ column) => Object.values(rows).map(({ ratios }) => ratios[column] ?? NaN);
  return Object.fromEntries(columns.map((column) => [column, geometricMean(ratiosOf(column))]));
}

/** A table in Markdown. @param {string} title @param {readonly string[]} notes @param {Rows} rows */
export function markdown(title, notes, rows) {
  const columns = Object.keys(Object.values(rows)[0]?.seconds ?? {});
  const compared = columns.slice(1);
  const heads = ['', ...columns.map((column) => `${column}, s`), ...compared.map((column) => `hospes/${column}`)];
  const body = Object.entries(rows).map(([name, { seconds, ratios }]) => [
    name,
    ...columns.map((column) => median(seconds[column] ?? []).toFixed(2)),
    ...compared.map((column) => ratioText(ratios[column] ?? NaN)),
  ]);
  const means = meansOf(rows);
  const last = ['geometric mean', ...columns.map(() => ''), ...compared.map((c) => ratioText(means[c] ?? NaN))];
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = line(heads.map((_, index) => (index === 0 ? '---' : '--:')));
  return `# ${title}\n\n${notes.join('\n')}\n\n${[line(heads), rule, ...body.map(line), line(last)].join('\n')}\n`;
}

const COLOURS = ['#2b6cb0', '#c05621', '#2f855a', '#6b46c1', '#b83280'];
const WIDTH = 760;
const LEFT = 130;
const RIGHT = 24;
const TOP = 64;
const ROW = 22;
const TICKS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 1, 2, 5, 10, 20, 50, 100,
];

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${String(c.charCodeAt(0))};`);

/**
 * The ratios as points on a logarithmic scale, a line each program, as SVG. The line at 1 is where both take as long.
 *
 * @param {string} title @param {Rows} rows
 */
export function chart(title, rows) {
  const means = meansOf(rows);
  const columns = Object.keys(means);
  /** @type {[string, Readonly<Record<string, number>>][]} */
  const lines = [
    ...Object.entries(rows).map(([name, { ratios }]) => /** @type {[string, typeof ratios]} */ ([name, ratios])),
    ['geometric mean', means],
  ];
  const all = lines.flatMap(([, ratios]) => Object.values(ratios));
  const low = TICKS.findLast((tick) => tick <= Math.min(...all, 0.5)) ?? Math.min(...all);
  const high = TICKS.find((tick) => tick >= Math.max(...all, 2)) ?? Math.max(...all);
  const scale = (/** @type {number} */ value) =>
    LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(value / low)) / Math.log(high / low);
  const x = (/** @type {number} */ value) => scale(value).toFixed(1);
  const bottom = TOP + lines.length * ROW;
  const grid = TICKS.filter((tick) => tick >= low && tick <= high).map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="${String(TOP)}" y2="${String(bottom)}" stroke="${tick === 1 ? '#333' : '#ddd'}"/>` +
      `<text x="${x(tick)}" y="${String(bottom + 16)}" text-anchor="middle">${String(tick)}</text>`,
  );
  const legend = columns.map((column, index) => {
    const at = LEFT + (index * (WIDTH - LEFT)) / columns.length;
    return `<circle cx="${String(at)}" cy="44" r="5" fill="${COLOURS[index] ?? '#000'}"/><text x="${String(at + 10)}" y="48">hospes/${escape(column)}</text>`;
  });
  const points = lines.map(([name, ratios], index) => {
    const y = String(TOP + index * ROW + ROW / 2);
    const bold = index === lines.length - 1 ? ' font-weight="bold"' : '';
    const label = `<text x="${String(LEFT - 8)}" y="${y}" dy="4" text-anchor="end"${bold}>${escape(name)}</text>`;
    const dots = columns.map(
      (column, series) =>
        `<circle cx="${x(ratios[column] ?? NaN)}" cy="${y}" r="5" fill="${COLOURS[series] ?? '#000'}"><title>${escape(`${name}: hospes/${column} ${ratioText(ratios[column] ?? NaN)}`)}</title></circle>`,
    );
    return label + dots.join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(WIDTH)}" height="${String(bottom + 28)}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="12" y="22" font-size="15">${escape(title)}</text>`,
    ...legend,
    ...grid,
    ...points,
    '</svg>\n',
  ].join('\n');
}
