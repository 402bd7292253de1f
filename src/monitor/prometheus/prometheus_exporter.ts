// Registers the metrics of events and of the storage in one registry, and serves the registry.

import { Registry } from "prom-client";
import { guardClock } from "../../time/guarded_clock.ts";
import { guardLogger } from "../../log/guarded_logger.ts";
import { consoleLogger } from "../../log/logger.ts";
import { systemClock } from "../../time/clock.ts";
import { toMilliseconds } from "../../time/duration.ts";
import { accessCheck } from "../http/access_token.ts";
import { getHandler } from "../http/get_handler.ts";
import { cleanPath } from "../http/url_path.ts";
import { knownLabels } from "../known_series.ts";
import { checkOrigin, type EventOrigin, figureMethods, type FigureOrigin } from "../monitored.ts";
import {
  checkPrometheusOptions,
  type MetricsRegistry,
  type PrometheusOptions,
} from "./prometheus_options.ts";
import { register } from "./registration.ts";
import { storageMetrics } from "./storage_metrics.ts";
import { TaskMetrics } from "./task_metrics.ts";

/** A running exporter. */
export interface PrometheusExporter {
  /**
   * The registry of the metrics, to which you can add your own metrics or prom-client's default
   * metrics.
   */
  readonly registry: MetricsRegistry;
  /**
   * Responds to GET on the path with the metrics as text, and to any other path with 404. Can be
   * used without `this`.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Stops counting events, and removes the metrics from the registry. */
  close(): void;
}

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Starts to count events, and creates the handler to be scraped.
 *
 * @throws {InvalidArgumentError} If an option is invalid, or the registry already has a metric of
 * the same name, for example from another exporter with the same prefix. The registry is then
 * unchanged.
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
  checkOrigin(everTask, figureMethods);
  checkPrometheusOptions(options);
  const {
    registry = new Registry(),
    prefix = "evertask_",
    accessToken,
    buckets = defaultBuckets,
    maxTaskTypes = 100,
    maxQueues = 50,
    path = "/metrics",
    cacheTime = 5_000,
    auditCacheTime = 60_000,
    timeout = 4_000,
  } = options;
  const logger = guardLogger(options.logger ?? consoleLogger);
  const clock = guardClock(options.clock ?? systemClock, logger);
  const mayPass = accessCheck(accessToken);
  const taskMetrics = new TaskMetrics({ prefix, buckets, maxTaskTypes, maxQueues });
  const gauges = storageMetrics({
    prefix,
    everTask,
    cacheMs: toMilliseconds(cacheTime, "cacheTime"),
    auditCacheMs: toMilliseconds(auditCacheTime, "auditCacheTime"),
    timeoutMs: toMilliseconds(timeout, "timeout"),
    maxQueues,
    clock,
    logger,
  });
  for (const labels of knownLabels(everTask)) taskMetrics.begin(labels);
  const unregister = register(registry, [...taskMetrics.metrics, ...gauges], prefix);
  const unsubscribe = everTask.events.subscribe((event) => taskMetrics.record(event));
  const answer = async () =>
    new Response(await registry.metrics(), {
      headers: { "content-type": registry.contentType, "cache-control": "no-store" },
    });
  return {
    registry,
    fetch: getHandler({ [cleanPath(path) || "/"]: answer }, mayPass),
    close() {
      unsubscribe();
      unregister();
    },
  };
}
