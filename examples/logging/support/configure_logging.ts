// Sets LogTape up from one section of a JSON file: the minimum level, overrides by category, and
// where lines go.

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

/** A level of LogTape's (`trace`, `debug`, `info`, `warning`, `error`, `fatal`), or `off`. */
type MinimumLevel = LogLevel | "off";

/** The section. */
export interface LoggingSection {
  /**
   * By category, such as `evertask.worker` or `evertask.tasks.send-email`; the longest one that
   * fits decides.
   */
  readonly minimumLevel: {
    readonly default: MinimumLevel;
    readonly overrides?: Readonly<Record<string, MinimumLevel>>;
  };
  readonly console?: boolean;
  /** The date goes before the dot of the path. */
  readonly file?: {
    readonly path: string;
    readonly rollingInterval: TimeRotationInterval;
    readonly keepDays: number;
  };
  readonly seq?: SeqOptions;
}

/** Sets LogTape up; `dispose` of LogTape writes the remaining lines. */
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
    parentSinks: "override", // an override may let through what its parent does not
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
