// The command line of the benchmarks.

import { parseArgs } from "node:util";

/** Reports an invalid command line. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Options that all benchmarks share; each uses those that concern it. */
export interface BenchOptions {
  /** The stores to measure, or null for all available ones. */
  readonly stores: readonly string[] | null;
  /** The number of repetitions of each measurement. The median is reported. */
  readonly runs: number;
  /** The number of tasks of a measurement, or null for the benchmark's default. */
  readonly tasks: number | null;
  /** The number of ended tasks in the store, or null for the benchmark's default. */
  readonly finished: number | null;
  /** The factor for the size of the large store, for benchmarks that use one. */
  readonly factor: number;
  /** The number of series that are not due, for benchmarks that use them. */
  readonly series: number;
  /** The duration of idling, or of a flood of events, for benchmarks that use it. */
  readonly seconds: number;
  /** The duration of the load, for benchmarks that use it. */
  readonly minutes: number;
  /** Whether to print only the results, as JSON. */
  readonly json: boolean;
  /** The file for the chart, or null for no chart. */
  readonly svg: string | null;
}

/** Explains the options, for `--help`. */
export const optionsHelp =
  `  --store a,b     memory, sqlite, postgres, sqlserver (every one that is available)
  --runs N        how often each measurement is repeated; the median counts (5)
  --tasks N       how many tasks one measurement takes
  --finished N    the number of ended tasks in the store, for finished-rows (2000000),
                  old-worker and migrate (1000000)
  --factor F      makes the large store smaller, for operate (1, which is 5,000,000 ended tasks)
  --series N      the number of series in the store, for series (100000)
  --seconds N     how long the worker idles, for idle, or events flow, for frames (60)
  --minutes N     how long tasks run, for retention-pace (5; 30 for the real measurement)
  --json          prints only the results, as JSON
  --svg file      also writes a bar chart, for audit-levels`;

/**
 * Reads the command line: the benchmark's name, if there is one, and the options.
 *
 * @throws {UsageError} If it is invalid.
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
    finished: values.finished === undefined ? null : parseCount("--finished", values.finished),
    factor: parseFactor("--factor", values.factor),
    series: parseCount("--series", values.series),
    seconds: parseCount("--seconds", values.seconds),
    minutes: parseCount("--minutes", values.minutes),
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
        finished: { type: "string" },
        factor: { type: "string", default: "1" },
        series: { type: "string", default: "100000" },
        seconds: { type: "string", default: "60" },
        minutes: { type: "string", default: "5" },
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
