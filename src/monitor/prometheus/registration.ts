// Adds metrics to a registry, all or none, and removes them.

import type { Metric } from "prom-client";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { MetricsRegistry } from "./prometheus_options.ts";

/**
 * Registers metrics.
 *
 * @param prefix The prefix of the metrics' names, for the error.
 * @returns A function that removes the metrics that are still registered.
 * @throws {InvalidArgumentError} If the registry already has a metric with the name of one of
 * `metrics`. Nothing is registered then.
 */
export function register(
  registry: MetricsRegistry,
  metrics: readonly Metric[],
  prefix: string,
): () => void {
  // The names are read now, because a registry of OpenMetrics removes the suffix of counters'
  // names.
  const named = metrics.map((metric) => [nameOf(metric), metric] as const);
  const taken = named.find(([name]) => registry.getSingleMetric(name) !== undefined);
  if (taken !== undefined) {
    const remedy =
      `be another one: the registry has a metric ${taken[0]} already. Close the exporter ` +
      "that it belongs to, or give each exporter a prefix or a registry of its own";
    throw new InvalidArgumentError("prefix", prefix, remedy);
  }
  for (const metric of metrics) registry.registerMetric(metric);
  return () => {
    for (const [name, metric] of named) {
      if (registry.getSingleMetric(name) === metric) registry.removeSingleMetric(name);
    }
  };
}

/** Returns the name of a metric, which the types of prom-client omit. */
function nameOf(metric: Metric): string {
  return (metric as unknown as { readonly name: string }).name;
}
