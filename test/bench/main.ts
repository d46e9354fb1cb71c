/** `npm run bench -- NAME...`: a table for people and, last, one line of JSON for each benchmark. It never judges. */
import type { Report, Spread } from './paired.ts';

const BENCHES = ['introspect', 'launch', 'relay', 'life', 'serve', 'lab', 'gateway', 'hub'] as const;

const names = process.argv.slice(2);
if (names.length === 0 || names.some((name) => !(BENCHES as readonly string[]).includes(name))) {
  console.error(`usage: npm run bench -- ${BENCHES.join('|')} ...`);
  process.exitCode = 64;
} else {
  for (const name of names) await run(name);
}

async function run(name: string): Promise<void> {
  const { bench } = (await import(`./${name}.ts`)) as { bench: () => Promise<Report> };
  const { results, n, notes = [] } = await bench();
  const rows = results.map((result) => [
    result.case,
    text(result.ours),
    text(result.baseline),
    number(result.ratio),
    `${result.unit}, ${result.lower_is_better ? 'lower' : 'higher'} is better`,
  ]);
  console.log(`\n${name}, n = ${n}: median (min to max)`);
  for (const line of table([['case', 'ours', 'baseline', 'ratio', 'unit'], ...rows])) console.log(line);
  for (const note of notes) console.log(note);
  console.log(JSON.stringify({ bench: name, n, results }));
}

function text({ median, min, max }: Spread): string {
  return `${number(median)} (${number(min)} to ${number(max)})`;
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '-';
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
