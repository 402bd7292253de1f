// The figures of a soak over time.

import { table } from "../../bench/support/table.ts";
import type { Figures } from "../histories/setup.ts";
import type { Sizes, StoreFigures } from "./store_figures.ts";
import { medianOf, trendOf } from "./trend.ts";

/** The figures of one interval. */
export type Sample = Readonly<Record<FigureName, number>>;

/** The figures of a soak. */
export type FigureName =
  | "tasks/s"
  | "calls/task"
  | "transactions/task"
  | "CPU ms/task"
  | "heap MB"
  | "external MB"
  | "young MB"
  | "memory MB"
  | "waiting"
  | "tasks"
  | "failed"
  | "status audit"
  | "runs audit"
  | "store MB";

/** The steady figures, which must have no trend. The other figures only help to explain them. */
const steady: readonly FigureName[] = [
  "tasks/s",
  "calls/task",
  "transactions/task",
  "heap MB",
  "memory MB",
  "tasks",
  "status audit",
  "runs audit",
  "store MB",
];

const megabyte = 1_000_000;

/**
 * Makes a sample from the reports of all processes in an interval.
 *
 * @param unharmed The reports of the processes that are never killed. The memory figures are the
 * highest of theirs.
 */
export function sampleOf(
  reports: readonly Figures[],
  unharmed: readonly Figures[],
  store: StoreFigures,
  transactionsBefore: number | null,
  seconds: number,
): Sample {
  const sum = (of: (figures: Figures) => number) => reports.reduce((all, it) => all + of(it), 0);
  const most = (of: (figures: Figures) => number) => Math.max(0, ...unharmed.map(of));
  const ended = Math.max(1, sum(({ ended }) => ended));
  const transactions = (store.transactions ?? 0) - (transactionsBefore ?? 0);
  return {
    "tasks/s": ended / seconds,
    "calls/task": sum(({ calls }) => calls) / ended,
    "transactions/task": transactions / ended,
    "CPU ms/task": sum(({ cpuMs }) => cpuMs) / ended,
    "heap MB": most(({ heap }) => heap) / megabyte,
    "external MB": most(({ external }) => external) / megabyte,
    "young MB": most(({ young }) => young) / megabyte,
    "memory MB": most(({ memory }) => memory) / megabyte,
    "waiting": store.waiting,
    "tasks": store.tasks,
    "failed": store.failed,
    "status audit": store.statusAudit,
    "runs audit": store.runsAudit,
    "store MB": Object.values(store.sizes).reduce((all, bytes) => all + bytes, 0) / megabyte,
  };
}

/** Combines samples into one: the median of each figure. */
export function combined(samples: readonly Sample[]): Sample {
  const names = Object.keys(samples[0]!) as FigureName[];
  const entries = names.map((name) => [name, medianOf(samples.map((it) => it[name]))]);
  return Object.fromEntries(entries);
}

/** Lays out samples as a table, with the minute of each. */
export function formatSamples(samples: readonly (readonly [minute: number, Sample])[]): string {
  const names = Object.keys(samples[0]![1]) as FigureName[];
  const digits = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  const rows = samples.map(([minute, sample]) => [
    minute.toFixed(0),
    ...names.map((name) => digits(sample[name])),
  ]);
  return table(["minute", ...names], rows);
}

/** Describes the trend of each figure, and returns the names of the steady figures with one. */
export function findTrends(samples: readonly Sample[]): { text: string; found: FigureName[] } {
  const names = Object.keys(samples[0] ?? {}) as FigureName[];
  const trends = names.map((name) => [name, trendOf(samples.map((it) => it[name]))] as const);
  const rows = trends.map(([name, { typical, change, deviations, isTrend }]) => [
    name,
    typical.toFixed(2),
    `${(100 * change).toFixed(1)} %`,
    deviations.toFixed(1),
    isTrend ? steady.includes(name) ? "TREND" : "trend, for information" : "",
  ]);
  const text = table(["figure", "median", "change", "deviations", ""], rows);
  const found = trends.filter(([name, { isTrend }]) => isTrend && steady.includes(name));
  return { text, found: found.map(([name]) => name) };
}

/** Lays out the sizes of all tables and indexes over time in kilobytes, the largest first. */
export function formatSizes(samples: readonly (readonly [minute: number, Sizes])[]): string {
  const names = [...new Set(samples.flatMap(([, sizes]) => Object.keys(sizes)))];
  const last = samples.at(-1)?.[1] ?? {};
  names.sort((a, b) => (last[b] ?? 0) - (last[a] ?? 0));
  const rows = names.map((name) => [
    name,
    ...samples.map(([, sizes]) => ((sizes[name] ?? 0) / 1_000).toFixed(0)),
  ]);
  return table(["kB at minute", ...samples.map(([minute]) => minute.toFixed(0))], rows);
}
