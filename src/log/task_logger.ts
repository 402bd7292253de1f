// The logger that a handler gets: forwards to the application's logger, and captures lines for storage when that is on.

import { describeError } from "../errors.ts";
import type { LogLevel } from "../storage/records.ts";
import type { NewLogLine } from "../storage/queries.ts";
import { formatMessage, type Logger, type LogProperties } from "./logger.ts";

/** What is kept of the lines that handlers log. */
export interface CaptureSettings {
  readonly minimumLevel: LogLevel;
  /** Lines beyond this number in one run are dropped, and counted in a last line. */
  readonly maxLinesPerRun: number;
}

const rank: Readonly<Record<LogLevel, number>> = {
  Trace: 0,
  Debug: 1,
  Information: 2,
  Warning: 3,
  Error: 4,
  Critical: 5,
};

/** All log levels, least severe first. */
export const logLevels: readonly LogLevel[] = Object.keys(rank) as LogLevel[];

/** The log of one attempt. */
export class TaskLogger implements Logger {
  readonly #logger: Logger;
  readonly #taskId: string;
  readonly #capture: CaptureSettings | null;
  readonly #monotonic: () => number;
  #lines: (Omit<NewLogLine, "agoMs"> & { readonly at: number })[] = [];
  #dropped = 0;

  constructor(
    logger: Logger,
    taskId: string,
    capture: CaptureSettings | null,
    monotonic: () => number,
  ) {
    this.#logger = logger;
    this.#taskId = taskId;
    this.#capture = capture;
    this.#monotonic = monotonic;
  }

  trace(message: string, properties?: LogProperties): void {
    this.#logger.trace(message, properties);
    this.#keep("Trace", message, properties);
  }

  debug(message: string, properties?: LogProperties): void {
    this.#logger.debug(message, properties);
    this.#keep("Debug", message, properties);
  }

  info(message: string, properties?: LogProperties): void {
    this.#logger.info(message, properties);
    this.#keep("Information", message, properties);
  }

  warn(message: string, properties?: LogProperties): void {
    this.#logger.warn(message, properties);
    this.#keep("Warning", message, properties);
  }

  error(message: string, properties?: LogProperties): void {
    this.#logger.error(message, properties);
    this.#keep("Error", message, properties);
  }

  /** Takes the captured lines, with their ages as of now. */
  takeLines(): NewLogLine[] {
    const now = this.#monotonic();
    if (this.#dropped > 0) {
      const message = `${this.#dropped} more lines were dropped: the limit of a run is reached.`;
      this.#lines.push(this.#line("Warning", message, null));
      this.#dropped = 0;
    }
    return this.#lines.splice(0).map(({ at, ...line }) => ({ ...line, agoMs: now - at }));
  }

  #keep(level: LogLevel, message: string, properties: LogProperties = {}): void {
    if (this.#capture === null || rank[level] < rank[this.#capture.minimumLevel]) return;
    if (this.#lines.length >= this.#capture.maxLinesPerRun) {
      this.#dropped++;
      return;
    }
    const error = properties["error"] ?? properties["exception"];
    const exception = error instanceof Error ? describeError(error) : null;
    this.#lines.push(this.#line(level, formatMessage(message, properties), exception));
  }

  #line(level: LogLevel, message: string, exception: string | null) {
    return { taskId: this.#taskId, level, message, exception, at: this.#monotonic() };
  }
}
