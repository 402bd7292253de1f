// The options of the exporter, and their checks.

import type { OptionNames } from "../../guards/option_names.ts";
import { checkCount, checkMethods, checkSecretOptions } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { checkLogger, type Logger } from "../../log/logger.ts";
import { checkClock, type Clock } from "../../time/clock.ts";
import type { Duration } from "../../time/duration.ts";
import type { AccessToken } from "../http/access_token.ts";

/** A `Registry` of prom-client. */
export interface MetricsRegistry {
  /** The media type of the text. */
  readonly contentType: string;
  /** Returns all metrics as text. */
  metrics(): Promise<string>;
  /** Adds a metric of prom-client. */
  registerMetric(metric: object): void;
  /** Returns a metric by its name. */
  getSingleMetric(name: string): object | undefined;
  /** Removes a metric. */
  removeSingleMetric(name: string): void;
}

/** Options of {@linkcode createPrometheusExporter}. */
export interface PrometheusOptions {
  /**
   * The registry of the metrics, for example prom-client's own `register`, which also serves the
   * application's metrics. Exporters that share a registry need different prefixes.
   * @default a new registry
   */
  readonly registry?: MetricsRegistry;
  /**
   * The prefix of all names.
   * @default "evertask_"
   */
  readonly prefix?: string;
  /**
   * The path of the handler.
   * @default "/metrics"
   */
  readonly path?: string;
  /**
   * The token that the scraper must send. Without it, everybody who can reach the handler sees the
   * metrics.
   */
  readonly accessToken?: AccessToken;
  /**
   * The upper bounds of the histograms' buckets, in seconds.
   * @default 5 ms to 5 minutes
   */
  readonly buckets?: readonly number[];
  /**
   * The maximum number of task types with their own time series. Further types share
   * `task_type="other"`.
   * @default 100
   */
  readonly maxTaskTypes?: number;
  /**
   * The maximum number of queues with their own time series. Further queues share `queue="other"`.
   * @default 50
   */
  readonly maxQueues?: number;
  /**
   * The time for which an answer of the storage is cached. Counts of tasks are cached for at least
   * 49 times their duration, so that scraping takes at most 2 % of a large database's time.
   * @default 5 seconds
   */
  readonly cacheTime?: Duration;
  /**
   * The time for which the sizes of the audit tables are cached; at least 49 times the duration of
   * the count.
   * @default 60 seconds
   */
  readonly auditCacheTime?: Duration;
  /**
   * The time that a scrape waits for the storage. Gauges that storage returns later are omitted. By
   * default, Prometheus times out after 10 seconds, and prom-client's cluster after 5.
   * @default 4 seconds
   */
  readonly timeout?: Duration;
  /**
   * The logger for failures to read the storage.
   * @default consoleLogger
   */
  readonly logger?: Logger;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
}

const optionNames: OptionNames<PrometheusOptions> = {
  registry: true,
  prefix: true,
  path: true,
  accessToken: true,
  buckets: true,
  maxTaskTypes: true,
  maxQueues: true,
  cacheTime: true,
  auditCacheTime: true,
  timeout: true,
  logger: true,
  clock: true,
};

const registryMethods = [
  "metrics",
  "registerMetric",
  "getSingleMetric",
  "removeSingleMetric",
] as const satisfies readonly (keyof MetricsRegistry)[];

/**
 * Checks the options that no other part checks.
 *
 * @throws {InvalidArgumentError} If an option is invalid or unknown.
 */
export function checkPrometheusOptions(options: PrometheusOptions): void {
  checkSecretOptions(options, optionNames, "options");
  const { registry, prefix = "evertask_", buckets = [1], logger, clock } = options;
  const { maxTaskTypes = 1, maxQueues = 1 } = options;
  if (registry !== undefined) {
    checkMethods(registry, registryMethods, "registry", "be a Registry of prom-client");
  }
  if (typeof prefix !== "string" || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(prefix)) {
    throw new InvalidArgumentError("prefix", prefix, "be letters, digits and underscores");
  }
  checkBuckets(buckets);
  checkCount(maxTaskTypes, "maxTaskTypes");
  checkCount(maxQueues, "maxQueues");
  if (logger !== undefined) checkLogger(logger, "logger");
  checkClock(clock, "clock");
}

/** Checks the order of buckets, because prom-client counts wrongly if they are not sorted. */
function checkBuckets(buckets: readonly number[]): void {
  const isBound = (bound: unknown, index: number): boolean =>
    typeof bound === "number" && Number.isFinite(bound) && !(bound <= (buckets[index - 1] ?? 0));
  if (Array.isArray(buckets) && buckets.length > 0 && buckets.every(isBound)) return;
  const remedy = "be a list of seconds above 0, in ascending order, such as [0.1, 1, 10]";
  throw new InvalidArgumentError("buckets", buckets, remedy);
}
