// The logger that a handler gets: forwards to the application's logger, and captures lines for
// storage if capture is on.

import type { LogLevel } from "../../storage/records.ts";
import type { NewLogLine } from "../../storage/queries.ts";
import { describeError } from "../../thrown/describe_error.ts";
import { isErrorLike, readMember } from "../../thrown/reading.ts";
import { formatMessage, type Logger, type LogProperties } from "../../log/logger.ts";

/** The settings of the log lines to store. */
export interface CaptureSettings {
  readonly minimumLevel: LogLevel;
  /**
   * The maximum number of lines in one run, including all its attempts. Further lines are dropped,
   * and counted in a last line.
   */
  readonly maxLinesPerRun: number;
}

/** The log lines of one attempt that are to be stored. */
export interface CapturedLog {
  readonly lines: readonly NewLogLine[];
  /** The number of lines that were dropped because of the limit of a run. */
  readonly dropped: number;
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

/**
 * Returns the lines to store if `room` more lines fit into the run: the first lines, and a line
 * with the number of dropped lines.
 *
 * @param room The number of lines that still fit. If it is negative, no line fits.
 */
export function fitLog({ lines, dropped }: CapturedLog, room: number): readonly NewLogLine[] {
  const kept = lines.slice(0, Math.max(0, room));
  const missing = dropped + lines.length - kept.length;
  if (missing === 0) return lines;
  const message = `${missing} more lines were dropped: the limit of a run is reached.`;
  return [...kept, { ...lines[0]!, level: "Warning", message, exception: null, agoMs: 0 }];
}

/** The log of one attempt. */
export class TaskLogger implements Logger {
  readonly #logger: Logger;
  readonly #common: LogProperties;
  readonly #owner: Pick<NewLogLine, "taskId" | "run">;
  readonly #capture: CaptureSettings | null;
  readonly #monotonic: () => number;
  #lines: (Omit<NewLogLine, "agoMs"> & { readonly at: number })[] = [];
  #dropped = 0;

  /** @param common The properties of every line. Properties of the line itself override them. */
  constructor(
    logger: Logger,
    common: LogProperties,
    owner: Pick<NewLogLine, "taskId" | "run">,
    capture: CaptureSettings | null,
    monotonic: () => number,
  ) {
    this.#logger = logger;
    this.#common = common;
    this.#owner = owner;
    this.#capture = capture;
    this.#monotonic = monotonic;
  }

  trace(message: string, properties?: LogProperties): void {
    this.#logger.trace(message, this.#complete(properties));
    this.#keep("Trace", message, properties);
  }

  debug(message: string, properties?: LogProperties): void {
    this.#logger.debug(message, this.#complete(properties));
    this.#keep("Debug", message, properties);
  }

  info(message: string, properties?: LogProperties): void {
    this.#logger.info(message, this.#complete(properties));
    this.#keep("Information", message, properties);
  }

  warn(message: string, properties?: LogProperties): void {
    this.#logger.warn(message, this.#complete(properties));
    this.#keep("Warning", message, properties);
  }

  error(message: string, properties?: LogProperties): void {
    this.#logger.error(message, this.#complete(properties));
    this.#keep("Error", message, properties);
  }

  /** Removes and returns the captured lines, with their present ages. */
  take(): CapturedLog {
    const now = this.#monotonic();
    const lines = this.#lines.splice(0).map(({ at, ...line }) => ({ ...line, agoMs: now - at }));
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { lines, dropped };
  }

  #complete(properties: LogProperties | undefined): LogProperties {
    // An error that is passed instead of properties has no enumerable properties.
    if (isErrorLike(properties)) return { ...this.#common, error: properties };
    try {
      return { ...this.#common, ...properties };
    } catch {
      return this.#common; // a getter or a Proxy threw
    }
  }

  #keep(level: LogLevel, message: string, properties: LogProperties = {}): void {
    if (this.#capture === null || rank[level] < rank[this.#capture.minimumLevel]) return;
    if (this.#lines.length >= this.#capture.maxLinesPerRun) {
      this.#dropped++;
      return;
    }
    const error = isErrorLike(properties)
      ? properties
      : readMember(properties, "error") ?? readMember(properties, "exception");
    const exception = isErrorLike(error) ? describeError(error) : null;
    const text = formatMessage(message, properties);
    this.#lines.push({ ...this.#owner, level, message: text, exception, at: this.#monotonic() });
  }
}
