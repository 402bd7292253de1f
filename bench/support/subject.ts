// What a benchmark is, to the program that runs it.

import type { BenchOptions } from "./arguments.ts";

/** What was measured. */
export interface Report {
  /** For programs: plain data. */
  readonly data: unknown;
  /** For people: a table and what there is to say about it. */
  readonly text: string;
  /** A chart as SVG. */
  readonly svg?: string;
}

/** One benchmark. */
export interface Subject {
  /** How it is called on the command line. */
  readonly name: string;
  /** What it measures, in one line. */
  readonly about: string;
  /**
   * Measures.
   *
   * @param progress Tells people what is being done.
   */
  run(options: BenchOptions, progress: (text: string) => void): Promise<Report>;
}
