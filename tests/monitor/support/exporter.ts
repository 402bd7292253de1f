// A Prometheus exporter with a test's figures and events, and a stopped clock.

import { assertEquals } from "@std/assert";
import { silentLogger } from "../../../src/log/logger.ts";
import {
  createPrometheusExporter,
  type PrometheusOptions,
} from "../../../src/monitor/prometheus/mod.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { EventSourceForTests } from "./event_source.ts";
import { parseMetrics } from "./prometheus_text.ts";
import { StorageFigures } from "./storage_figures.ts";

/** Makes an exporter, and functions that scrape it. */
export function makeExporter(options: PrometheusOptions & { storage?: StorageFigures } = {}) {
  const { storage = new StorageFigures(), ...rest } = options;
  const events = new EventSourceForTests();
  const clock = new FakeClock();
  const everTask = Object.assign(storage, { events });
  const exporter = createPrometheusExporter(everTask, { clock, logger: silentLogger, ...rest });
  const scrape = async () => {
    await events.idle();
    const response = await exporter.fetch(new Request("http://app.test/metrics"));
    assertEquals(response.status, 200);
    return parseMetrics(await response.text());
  };
  return { events, clock, exporter, scrape };
}
