// Reads Prometheus' text format with an independent parser.

import parse from "parse-prometheus-text-format";

/** A metric as the parser returns it. */
export interface ParsedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value?: string;
    readonly buckets?: Readonly<Record<string, string>>;
  }[];
}

/** The metrics of a text, by name. */
export function parseMetrics(text: string): Map<string, ParsedMetric> {
  const metrics: ParsedMetric[] = parse(text);
  return new Map(metrics.map((metric) => [metric.name, metric]));
}

/** The value of the time series with exactly these labels, or null if there is no such series. */
export function valueOf(
  metrics: Map<string, ParsedMetric>,
  name: string,
  labels: Record<string, string> = {},
): number | null {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const series = metrics.get(name)?.metrics.find((one) =>
    JSON.stringify(Object.entries(one.labels ?? {}).sort()) === wanted
  );
  return series?.value === undefined ? null : Number(series.value);
}
