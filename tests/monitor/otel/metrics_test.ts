// The metrics of dispatches and executions, as the SDK collects them, with a fake clock.

import { assertEquals, assertRejects } from "@std/assert";
import { SpanKind } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { ExecutedTask } from "../../../src/instrumentation/instrumentation.ts";
import { createOpenTelemetry } from "../../../src/monitor/otel/mod.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";

const task: ExecutedTask = {
  taskId: "0198f3a0-0000-7000-8000-000000000001",
  type: "clean-up",
  queue: "recurring",
  taskKey: null,
  recurring: false,
  attempt: 1,
  waitMs: 50,
  workerId: "worker-1",
  traceContext: null,
};

interface Measured {
  readonly count: number;
  readonly sum: number;
}

/** Makes telemetry whose metrics and spans a test can read. */
function makeTelemetry() {
  const clock = new FakeClock();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })],
  });
  const telemetry = createOpenTelemetry({ meterProvider, tracerProvider, clock });
  /**
   * Returns the measured values as `metric, type of operation, error.type: value`. The value of a
   * histogram is its count and sum.
   */
  const collect = async () => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => {
          const of = `${descriptor.name}, ${attributes["messaging.operation.type"]}`;
          const error = attributes["error.type"] ?? "no error";
          const { count, sum } = value as Measured;
          return `${of}, ${error}: ${count === undefined ? value : `${count} in ${sum}`}`;
        })
      ).sort();
  };
  const spans = async () => {
    await tracerProvider.forceFlush();
    return spanExporter.getFinishedSpans();
  };
  const close = () => meterProvider.shutdown();
  return { telemetry, clock, collect, spans, [Symbol.asyncDispose]: close };
}

Deno.test("dispatches and executions are counted, and timed in seconds, by whether they failed", async () => {
  await using measured = makeTelemetry();
  const { telemetry, clock, collect } = measured;
  await clock.advance(10_000);
  const takes = (ms: number) => () => clock.advance(ms);
  const fails = (ms: number) => async () => {
    await clock.advance(ms);
    throw new RangeError("too far");
  };
  await telemetry.dispatch({ ...task, count: 3 }, takes(500));
  await assertRejects(() => telemetry.dispatch({ ...task, count: 2 }, fails(250)));
  await telemetry.run(task, takes(2_000));
  await assertRejects(() => telemetry.run(task, fails(125)));
  assertEquals(await collect(), [
    "evertask.task.wait, process, no error: 2 in 0.1",
    "messaging.client.consumed.messages, process, no error: 2",
    "messaging.client.operation.duration, send, RangeError: 1 in 0.25",
    "messaging.client.operation.duration, send, no error: 1 in 0.5",
    "messaging.client.sent.messages, send, RangeError: 2",
    "messaging.client.sent.messages, send, no error: 3",
    "messaging.process.duration, process, RangeError: 1 in 0.125",
    "messaging.process.duration, process, no error: 1 in 2",
  ]);
});

Deno.test("a span has its kind and operation, and the task key and the batch size if there are any", async () => {
  await using measured = makeTelemetry();
  const { telemetry, spans } = measured;
  const work = () => Promise.resolve();
  await telemetry.dispatch({ ...task, count: 1 }, work);
  await telemetry.dispatch({ ...task, taskKey: "a-key", count: 2 }, work);
  await telemetry.run({ ...task, taskKey: "a-key", recurring: true }, work);
  const told = (await spans()).map(({ kind, attributes }) => [
    kind,
    attributes["messaging.operation.type"],
    attributes["evertask.task.key"],
    attributes["messaging.batch.message_count"],
    attributes["evertask.task.recurring"],
  ]);
  assertEquals(told, [
    [SpanKind.PRODUCER, "send", undefined, undefined, false],
    [SpanKind.PRODUCER, "send", "a-key", 2, false],
    [SpanKind.CONSUMER, "process", "a-key", undefined, true],
  ]);
});
