// Puts the metrics of events and of the storage into one registry, and serves it.

import { Registry } from "prom-client";
import { InvalidArgumentError } from "../../errors.ts";
import { consoleLogger, type Logger } from "../../log/logger.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { accessCheck, type AccessToken } from "../http/access_token.ts";
import { getHandler } from "../http/get_handler.ts";
import { cleanPath } from "../http/url_path.ts";
import type { EventOrigin, FigureOrigin } from "../monitored.ts";
import { registerStorageMetrics } from "./storage_metrics.ts";
import { TaskMetrics } from "./task_metrics.ts";

/** A `Registry` of prom-client. */
export interface MetricsRegistry {
  /** The media type of the text. */
  readonly contentType: string;
  /** All metrics as text. */
  metrics(): Promise<string>;
  /** Adds a metric of prom-client. */
  registerMetric(metric: object): void;
}

/** Options of {@linkcode createPrometheusExporter}. */
export interface PrometheusOptions {
  /**
   * Where the metrics are registered: say, prom-client's own `register`, to serve them with the application's.
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
  /** What the scraper has to know. Without it, everybody who reaches the handler sees the metrics. */
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
   * For how long an answer of the storage serves.
   * @default 5 seconds
   */
  readonly cacheTime?: Duration;
  /**
   * For how long the sizes of the audit tables serve; counting them may take the database a while.
   * @default 60 seconds
   */
  readonly auditCacheTime?: Duration;
  /**
   * Where it is reported that the storage could not be asked.
   * @default consoleLogger
   */
  readonly logger?: Logger;
  /**
   * The time.
   * @default systemClock
   */
  readonly clock?: Clock;
}

/** A running exporter. */
export interface PrometheusExporter {
  /** Holds the metrics; add your own, or prom-client's default ones. */
  readonly registry: MetricsRegistry;
  /** Answers GET on the path with the metrics as text; 404 on any other path. Needs no `this`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Stops counting events. */
  close(): void;
}

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Starts counting events, and makes the handler to be scraped.
 *
 * @throws {InvalidArgumentError} If an option has a value that cannot be used.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { createPrometheusExporter } from "@evertask/evertask/prometheus";
 *
 * const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const exporter = createPrometheusExporter(everTask);
 * const response = await exporter.fetch(new Request("http://localhost/metrics"));
 * console.log(response.headers.get("content-type"), (await response.text()).length);
 *
 * exporter.close();
 * await everTask.stop();
 * ```
 */
export function createPrometheusExporter(
  everTask: EventOrigin & FigureOrigin,
  options: PrometheusOptions = {},
): PrometheusExporter {
  const {
    registry = new Registry(),
    prefix = "evertask_",
    accessToken,
    buckets = defaultBuckets,
    maxTaskTypes = 100,
    maxQueues = 50,
    logger = consoleLogger,
    clock = systemClock,
  } = options;
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(prefix)) {
    throw new InvalidArgumentError("prefix", prefix, "be letters, digits and underscores");
  }
  const path = cleanPath(options.path ?? "/metrics") || "/";
  const mayPass = accessCheck(accessToken);
  // The documentation of this package cannot name a type of another; prom-client's metrics take no other registry.
  const register = registry as Registry;
  const metrics = new TaskMetrics({ registry: register, prefix, buckets, maxTaskTypes, maxQueues });
  registerStorageMetrics({
    registry: register,
    prefix,
    everTask,
    cacheMs: toMilliseconds(options.cacheTime ?? 5_000, "cacheTime"),
    auditCacheMs: toMilliseconds(options.auditCacheTime ?? 60_000, "auditCacheTime"),
    maxQueues,
    clock,
    logger,
  });
  const unsubscribe = everTask.events.subscribe((event) => metrics.record(event));
  const answer = async () =>
    new Response(await registry.metrics(), {
      headers: { "content-type": registry.contentType, "cache-control": "no-store" },
    });
  return {
    registry,
    fetch: getHandler({ [path]: answer }, mayPass),
    close: unsubscribe,
  };
}
