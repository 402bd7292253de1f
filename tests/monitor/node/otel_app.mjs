// An application with the SDK of OpenTelemetry, in Deno or Node. In the role "dispatch", it stores
// a task in an SQLite file. In the role "work", it runs the task and a second one, which the first
// dispatches, and ends when both have ended. Exports its telemetry to an OTLP endpoint. Arguments:
// role, file, endpoint.

import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createEverTask, defineTask } from "@evertask/evertask";
import { createOpenTelemetry } from "@evertask/evertask/otel";
import { sqliteStorage } from "@evertask/evertask/sqlite";
import process from "node:process";

const [role, file, endpoint] = process.argv.slice(2);

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const traces = new TracerProvider({
  spanProcessors: [
    new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }) }),
  ],
});
trace.setGlobalTracerProvider(traces);
const meters = new MeterProvider({
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
    }),
  ],
});
metrics.setGlobalMeterProvider(meters);

const charge = defineTask({
  type: "charge-card",
  async handle(_, { dispatch }) {
    await dispatch(receipt);
  },
});
const receipt = defineTask({
  type: "send-receipt",
  queue: "email",
  retry: { nextDelay: () => null },
  handle() {
    throw new TypeError("no such mailbox");
  },
});

const telemetry = createOpenTelemetry();
const everTask = createEverTask({
  storage: sqliteStorage(file),
  tasks: [charge, receipt],
  queues: { email: {} },
  instrumentation: telemetry,
});
const stopObserving = telemetry.observe(everTask);

if (role === "dispatch") {
  await trace.getTracer("shop").startActiveSpan("POST /orders", async (span) => {
    await everTask.dispatch(charge, undefined, { taskKey: "payment-1" });
    span.end();
  });
} else {
  const failed = new Promise((resolve) => {
    everTask.events.subscribe(resolve, { kinds: ["failed"] });
  });
  await everTask.start();
  await failed;
}
await Promise.all([traces.forceFlush(), meters.forceFlush()]);
stopObserving();
await everTask.stop();
await Promise.all([traces.shutdown(), meters.shutdown()]);
