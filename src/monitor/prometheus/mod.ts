/**
 * Metrics for Prometheus, over the npm package `prom-client`: counters and histograms from task
 * events, gauges from the storage, and a handler for `/metrics`.
 *
 * @module
 */
export { createPrometheusExporter, type PrometheusExporter } from "./prometheus_exporter.ts";
export type { MetricsRegistry, PrometheusOptions } from "./prometheus_options.ts";
