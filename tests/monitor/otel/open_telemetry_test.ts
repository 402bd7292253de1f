// Spans as the SDK records them, in this process.

import { assertEquals, assertRejects } from "@std/assert";
import { SpanStatusCode } from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { ExecutedTask } from "../../../src/instrumentation/instrumentation.ts";
import { createOpenTelemetry } from "../../../src/monitor/otel/mod.ts";
import { formatTraceparent, parseTraceparent } from "../../../src/monitor/otel/trace_context.ts";

const origin = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function task(fields: Partial<ExecutedTask> = {}): ExecutedTask {
  return {
    taskId: "0198f3a0-0000-7000-8000-000000000001",
    type: "clean-up",
    queue: "recurring",
    taskKey: null,
    recurring: false,
    attempt: 1,
    waitMs: 5,
    workerId: "worker-1",
    traceContext: origin,
    ...fields,
  };
}

function makeTelemetry() {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const finished = async () => {
    await tracerProvider.forceFlush();
    return exporter.getFinishedSpans();
  };
  return { telemetry: createOpenTelemetry({ tracerProvider }), finished };
}

Deno.test("a one-shot task's run belongs to the trace of its dispatch", async () => {
  const { telemetry, finished } = makeTelemetry();
  assertEquals(await telemetry.run(task(), () => Promise.resolve("result")), "result");
  const [span] = await finished();
  assertEquals(span?.spanContext().traceId, "0af7651916cd43dd8448eb211c80319c");
  assertEquals(span?.parentSpanContext?.spanId, "b7ad6b7169203331");
});

Deno.test("a recurring task's run is a trace of its own, linked to the dispatch", async () => {
  const { telemetry, finished } = makeTelemetry();
  await telemetry.run(task({ recurring: true }), () => Promise.resolve());
  const [span] = await finished();
  assertEquals(span?.parentSpanContext, undefined);
  assertEquals(span?.links.map(({ context }) => context.spanId), ["b7ad6b7169203331"]);
});

Deno.test("a task without stored context, or with one that cannot be read, has no parent and no link", async () => {
  const { telemetry, finished } = makeTelemetry();
  await telemetry.run(task({ traceContext: null }), () => Promise.resolve());
  await telemetry.run(task({ traceContext: "garbage" }), () => Promise.resolve());
  for (const span of await finished()) {
    assertEquals(span.parentSpanContext, undefined);
    assertEquals(span.links, []);
  }
});

Deno.test("an error passes through unchanged and marks the span", async () => {
  const { telemetry, finished } = makeTelemetry();
  const error = new RangeError("too far");
  assertEquals(
    await assertRejects(() => telemetry.run(task(), () => Promise.reject(error))),
    error,
  );
  await assertRejects(() =>
    telemetry.dispatch({ ...task(), count: 2 }, () => Promise.reject("a text"))
  );
  const [run, dispatch] = await finished();
  assertEquals(run?.status, { code: SpanStatusCode.ERROR, message: "too far" });
  assertEquals(run?.attributes["error.type"], "RangeError");
  assertEquals(dispatch?.status.message, "a text");
  assertEquals(dispatch?.attributes["error.type"], "_OTHER");
  assertEquals(dispatch?.attributes["messaging.batch.message_count"], 2);
});

Deno.test("a dispatch stores the context of its span, even if the span is not sampled", async () => {
  const { telemetry, finished } = makeTelemetry();
  let stored: string | null = null;
  await telemetry.dispatch({ ...task(), count: 1 }, (traceContext) => {
    stored = traceContext;
    return Promise.resolve();
  });
  const [span] = await finished();
  assertEquals(stored, formatTraceparent(span!.spanContext()));

  const unsampled = new TracerProvider({ sampler: new AlwaysOffSampler() });
  await createOpenTelemetry({ tracerProvider: unsampled })
    .dispatch({ ...task(), count: 1 }, (traceContext) => {
      assertEquals(traceContext?.slice(-3), "-00");
      return Promise.resolve();
    });
});

Deno.test("without an SDK no context is stored, and tasks run as usual", async () => {
  const telemetry = createOpenTelemetry();
  await telemetry.dispatch({ ...task(), count: 1 }, (traceContext) => {
    assertEquals(traceContext, null);
    return Promise.resolve();
  });
  assertEquals(await telemetry.run(task(), () => Promise.resolve(1)), 1);
});

Deno.test("a traceparent is read by the rules of W3C trace context", () => {
  assertEquals(parseTraceparent(origin), {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: 1,
    isRemote: true,
  });
  assertEquals(formatTraceparent(parseTraceparent(origin)!), origin);
  assertEquals(parseTraceparent(origin.replace(/01$/, "1f"))?.traceFlags, 0x1f);
  assertEquals(parseTraceparent(origin.replace(/^00/, "cc") + "-more")?.traceFlags, 1);
  for (
    const text of [
      null,
      "",
      origin.toUpperCase(),
      origin.slice(0, -1),
      `${origin}-more`,
      origin.replace(/^00/, "ff"),
      origin.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32)),
      origin.replace("b7ad6b7169203331", "0".repeat(16)),
    ]
  ) {
    assertEquals(parseTraceparent(text), null, String(text));
  }
});
