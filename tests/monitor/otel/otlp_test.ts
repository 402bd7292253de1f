// Telemetry as a backend receives it, from processes that run in Deno: with the SDK, and with
// Deno's own support.

import { assertEquals, assertExists } from "@std/assert";
import { runCommand } from "../../support/run_command.ts";
import { startOtlpServer } from "../support/otlp_server.ts";
import { checkTrace, inDeno } from "./trace.ts";

Deno.test("a trace goes from a dispatch in one Deno process to a run in another", async () => {
  await checkTrace(inDeno, inDeno);
});

Deno.test("with OTEL_DENO alone, Deno exports spans and metrics", async () => {
  await using server = startOtlpServer();
  await runCommand(
    Deno.execPath(),
    ["run", "-A", new URL("../node/otel_builtin.ts", import.meta.url).href],
    {
      env: {
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      },
    },
  );
  const dispatched = server.spans.find(({ name }) => name === "dispatch greet");
  const processed = server.spans.find(({ name }) => name === "process greet");
  assertExists(dispatched);
  assertEquals(processed?.parentSpanId, dispatched.spanId);
  assertEquals(processed?.traceId, dispatched.traceId);
  const consumed = server.points.find(({ metric }) =>
    metric === "messaging.client.consumed.messages"
  );
  assertEquals(consumed?.value, 1);
});
