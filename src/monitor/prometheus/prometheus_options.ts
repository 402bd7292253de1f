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
  /** All metrics as text. */
  metrics(): Promise<string>;
  /** Adds a metric of prom-client. */
  registerMetric(metric: object): void;
  /** A metric by its name. */
  getSingleMetric(name: string): object | undefined;
  /** Removes a metric. */
  removeSingleMetric(name: string): void;
}

/** Options of {@linkcode createPrometheusExporter}. */
export interface PrometheusOptions {
  /**
   * Where the metrics are registered: say, prom-client's own `register`, to serve them with the
   * application's. Exporters that share one need different prefixes.
   * @default a registry of its own
   */
  readonly registry?: MetricsRegistry;
  /**
   * What every name begins with.
   * @default "evertask_"
   */
  readonly prefix?: string;
  /**
   * The path of the handler.
   * @default "/metrics"
   */
  readonly path?: string;
  /**
   * What the scraper has to know. Without it, everybody who reaches the handler sees the metrics.
   */
  readonly accessToken?: AccessToken;
  /**
   * The upper bounds of the histograms' buckets, in seconds.
   * @default 5 ms to 5 minutes
   */
  readonly buckets?: readonly number[];
  /**
   * How many task types get time series of their own; further ones share `task_type="other"`.
   * @default 100
   */
  readonly maxTaskTypes?: number;
  /**
   * How many queues get time series of their own; further ones share `queue="other"`.
   * @default 50
   */
  readonly maxQueues?: number;
  /**
   * For how long an answer of the storage serves. Counts that read all tasks serve at least 49
   * times as long as they took, so that scraping a large database keeps it busy for 2 % of the time
   * at most.
   * @default 5 seconds
   */
  readonly cacheTime?: Duration;
  /**
   * For how long the sizes of the audit tables serve; at least 49 times as long as it took to count
   * them.
   * @default 60 seconds
   */
  readonly auditCacheTime?: Duration;
  /**
   * How long a scrape waits for the storage; gauges that it has not given by then are absent.
   * Prometheus gives up after 10 seconds, prom-client's cluster after 5.
   * @default 4 seconds
   */
  readonly timeout?: Duration;
  /**
   * The logger for failures to read the storage.
   * @default consoleLogger
   */
  readonly logger?: Logger;
  /**
   * The time.
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
 * Checks the options that nothing else checks.
 *
 * @throws {InvalidArgumentError} If one has a value that cannot be used, or there is no such
 * option.
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

/** prom-client accepts unsorted buckets, but counts wrongly with them. */
function checkBuckets(buckets: readonly number[]): void {
  const isBound = (bound: unknown, index: number): boolean =>
    typeof bound === "number" && Number.isFinite(bound) && !(bound <= (buckets[index - 1] ?? 0));
  if (Array.isArray(buckets) && buckets.length > 0 && buckets.every(isBound)) return;
  const remedy = "be a list of seconds above 0, in ascending order, such as [0.1, 1, 10]";
  throw new InvalidArgumentError("buckets", buckets, remedy);
}
