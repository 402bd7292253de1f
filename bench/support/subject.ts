// The interface of benchmarks.

import type { BenchOptions } from "./arguments.ts";

/** The result of a benchmark. */
export interface Report {
  /** For programs: plain data. */
  readonly data: unknown;
  /** The text for people: a table with notes. */
  readonly text: string;
  /** A chart as SVG. */
  readonly svg?: string;
}

/** One benchmark. */
export interface Subject {
  /** Its name on the command line. */
  readonly name: string;
  /** Its description, in one line. */
  readonly about: string;
  /**
   * Measures.
   *
   * @param progress Shows the progress to people.
   */
  run(options: BenchOptions, progress: (text: string) => void): Promise<Report>;
}
