// What the benchmarks are asked to do on the command line.

import { parseArgs } from "node:util";

/** The command line cannot be understood. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Options that all benchmarks share; each uses those that concern it. */
export interface BenchOptions {
  /** Only these stores; null: every one that is available. */
  readonly stores: readonly string[] | null;
  /** How often each measurement is repeated; the median is reported. */
  readonly runs: number;
  /** How many tasks a measurement takes; null: the benchmark's own choice. */
  readonly tasks: number | null;
  /** How many tasks have ended before the measurement, for subjects about them. */
  readonly finished: number;
  /** By what the size of the large store is multiplied, for subjects about one. */
  readonly factor: number;
  /** How many series that are not due are in the store, for subjects about them. */
  readonly series: number;
  /** How long the worker is idle, for subjects about that. */
  readonly seconds: number;
  /** Whether the results are printed as JSON, and nothing else. */
  readonly json: boolean;
  /** The file that the chart is written to; null: none. */
  readonly svg: string | null;
}

/** Explains the options, for `--help`. */
export const optionsHelp =
  `  --store a,b     memory, sqlite, postgres, sqlserver (every one that is available)
  --runs N        how often each measurement is repeated; the median counts (5)
  --tasks N       how many tasks one measurement takes
  --finished N    how many ended tasks lie in the store, for finished-rows (2000000)
  --factor F      makes the large store smaller, for operate (1, which is 5,000,000 ended tasks)
  --series N      how many series lie in the store, for series (100000)
  --seconds N     how long the worker idles, for idle (60)
  --json          prints the results as JSON alone
  --svg file      also writes a bar chart, for audit-levels`;

/**
 * Reads the command line: the benchmark's name, if there is one, and the options.
 *
 * @throws {UsageError} If there is something wrong with it.
 */
export function readArguments(args: string[]) {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) {
    throw new UsageError(`Only one benchmark runs at a time, not ${positionals.join(" and ")}.`);
  }
  const options: BenchOptions = {
    stores: values.store?.split(",") ?? null,
    runs: parseCount("--runs", values.runs),
    tasks: values.tasks === undefined ? null : parseCount("--tasks", values.tasks),
    finished: parseCount("--finished", values.finished),
    factor: parseFactor("--factor", values.factor),
    series: parseCount("--series", values.series),
    seconds: parseCount("--seconds", values.seconds),
    json: values.json,
    svg: values.svg ?? null,
  };
  return { subject: positionals[0] ?? null, help: values.help, options };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        store: { type: "string" },
        runs: { type: "string", default: "5" },
        tasks: { type: "string" },
        finished: { type: "string", default: "2000000" },
        factor: { type: "string", default: "1" },
        series: { type: "string", default: "100000" },
        seconds: { type: "string", default: "60" },
        json: { type: "boolean", default: false },
        svg: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageError(`${name} is "${text}": it must be an integer of at least 1.`);
}

function parseFactor(name: string, text: string): number {
  const factor = Number(text);
  if (factor > 0 && factor <= 1) return factor;
  throw new UsageError(`${name} is "${text}": it must be a number above 0, at most 1.`);
}
