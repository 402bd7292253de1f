// Configures LogTape from a section of a JSON file: the minimum level, overrides by category, and
// the outputs.

import { basename, dirname, extname } from "node:path";
import { getTimeRotatingFileSink, type TimeRotationInterval } from "@logtape/file";
import {
  configure,
  getConsoleSink,
  getJsonLinesFormatter,
  type LoggerConfig,
  type LogLevel,
  type Sink,
} from "@logtape/logtape";
import { getSeqSink, type SeqOptions } from "./seq_sink.ts";

/** A level of LogTape (`trace`, `debug`, `info`, `warning`, `error`, `fatal`), or `off`. */
type MinimumLevel = LogLevel | "off";

/** The section of the JSON file that configures logging. */
export interface LoggingSection {
  /**
   * The levels by category, such as `evertask.worker` or `evertask.tasks.send-email`. The longest
   * matching category applies.
   */
  readonly minimumLevel: {
    readonly default: MinimumLevel;
    readonly overrides?: Readonly<Record<string, MinimumLevel>>;
  };
  readonly console?: boolean;
  /** The log file. The date is inserted before the extension of its path. */
  readonly file?: {
    readonly path: string;
    readonly rollingInterval: TimeRotationInterval;
    readonly keepDays: number;
  };
  readonly seq?: SeqOptions;
}

/** Configures LogTape. `dispose` of LogTape writes the remaining lines. */
export async function configureLogging(section: LoggingSection): Promise<void> {
  const sinks: Record<string, Sink> = {
    ...(section.console ? { console: getConsoleSink() } : {}),
    ...(section.file ? { file: fileSink(section.file) } : {}),
    ...(section.seq ? { seq: getSeqSink(section.seq) } : {}),
  };
  const { default: level, overrides = {} } = section.minimumLevel;
  const logger = (category: string[], level: MinimumLevel): LoggerConfig<string, string> => ({
    category,
    lowestLevel: level === "off" ? null : level,
    sinks: Object.keys(sinks),
    parentSinks: "override", // an override may have a lower level than its parent
  });
  await configure({
    sinks,
    loggers: [
      logger([], level),
      ...Object.entries(overrides).map(([name, level]) => logger(name.split("."), level)),
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: [], parentSinks: "override" },
    ],
  });
}

function fileSink({ path, rollingInterval, keepDays }: NonNullable<LoggingSection["file"]>): Sink {
  const extension = extname(path);
  const name = basename(path, extension);
  return getTimeRotatingFileSink({
    directory: dirname(path),
    filename: (date) => `${name}${date.toISOString().slice(0, 10)}${extension}`,
    interval: rollingInterval,
    maxAgeMs: keepDays * 86_400_000,
    formatter: getJsonLinesFormatter({ message: "template" }),
  });
}
