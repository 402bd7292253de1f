// Traces that connect a request, its dispatch and the run of the task. Here the SDK keeps its spans
// in memory; an application would export them. In Deno, OTEL_DENO=true replaces the setup.

import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createOpenTelemetry } from "@evertask/evertask/otel";
import { chargeCard, tasks } from "./support/shop.ts";

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const telemetry = createOpenTelemetry();
const everTask = createEverTask({
  storage: memoryStorage(),
  tasks,
  queues: { email: {} },
  instrumentation: telemetry,
});
const stopObserving = telemetry.observe(everTask);
const failed = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
await everTask.start();

await trace.getTracer("shop").startActiveSpan("POST /orders", async (span) => {
  await everTask.dispatch(chargeCard, { order: 1 });
  span.end();
});
await failed;
stopObserving();
await everTask.stop();
await provider.forceFlush();

/** Prints a span and its children. */
function print(parentId: string | undefined, indent: string): void {
  for (const span of exporter.getFinishedSpans()) {
    if (span.parentSpanContext?.spanId !== parentId) continue;
    console.log(`${indent}${span.name} ${span.status.message ?? ""}`);
    print(span.spanContext().spanId, `${indent}  `);
  }
}
print(undefined, "");
// POST /orders
//   dispatch charge-card
//     process charge-card The card for order 1 was declined
