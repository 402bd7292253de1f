/**
 * Metrics for Prometheus, over the npm package `prom-client`: counters and histograms from task events, gauges from the
 * storage, and a handler for `/metrics`.
 *
 * @module
 */
export {
  createPrometheusExporter,
  type MetricsRegistry,
  type PrometheusExporter,
  type PrometheusOptions,
} from "./prometheus_exporter.ts";
