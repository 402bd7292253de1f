// An application with OpenTelemetry's SDK for Node as its guide sets it up. Argument: the OTLP
// endpoint.

import { trace } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createOpenTelemetry } from "@evertask/evertask/otel";
import process from "node:process";

/**
 * Imports a package that deno.json does not have. The type checker does not resolve a computed
 * name.
 */
const load = (name) => import(`@opentelemetry/${name}`);
const { NodeSDK } = await load("sdk-node");

const [endpoint] = process.argv.slice(2);
const exporter = new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` });
const metricReader = new PeriodicExportingMetricReader({ exporter });
const sdk = new NodeSDK({
  serviceName: "shop",
  traceExporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }),
  metricReaders: [metricReader],
});
sdk.start();

const greet = defineTask({ type: "greet", handle() {} });
const telemetry = createOpenTelemetry();
const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [greet],
  instrumentation: telemetry,
});
const stopObserving = telemetry.observe(everTask);
const completed = new Promise((resolve) => {
  everTask.events.subscribe(resolve, { kinds: ["completed"] });
});
await everTask.start();
await trace.getTracer("shop").startActiveSpan("GET /", async (span) => {
  await everTask.dispatch(greet, undefined);
  span.end();
});
await completed;
await metricReader.forceFlush();
stopObserving();
await everTask.stop();
await sdk.shutdown();
