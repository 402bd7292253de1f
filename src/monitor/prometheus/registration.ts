// Puts metrics into a registry, all or none, and takes them out again.

import type { Metric } from "prom-client";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { MetricsRegistry } from "./prometheus_options.ts";

/**
 * Registers metrics.
 *
 * @param prefix What their names begin with.
 * @returns A function that removes those that are still there.
 * @throws {InvalidArgumentError} If the registry has a metric of one of the names; then nothing is
 * registered.
 */
export function register(
  registry: MetricsRegistry,
  metrics: readonly Metric[],
  prefix: string,
): () => void {
  // By their present names: a registry of OpenMetrics takes the ending off the names of counters.
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

/** Every metric of prom-client has a name, which its types do not say. */
function nameOf(metric: Metric): string {
  return (metric as unknown as { readonly name: string }).name;
}
