// A trace as a backend receives it: a task is dispatched in one process and runs in another, each
// in Deno or in Node, and both export to one endpoint.

import { assertEquals, assertExists } from "@std/assert";
import { runCommand } from "../../support/run_command.ts";
import type { NpmProject } from "../../support/npm_project.ts";
import { startProgram } from "../support/node_program.ts";
import { type OtlpSpan, startOtlpServer } from "../support/otlp_server.ts";

const producer = 4;
const consumer = 5;
const errorStatus = 2;

/** Runs otel_app.mjs; resolves when it has ended. */
export type RunApp = (
  role: "dispatch" | "work",
  file: string,
  endpoint: string,
) => Promise<unknown>;

export const inDeno: RunApp = (...args) => {
  const app = new URL("../node/otel_app.mjs", import.meta.url).href;
  return runCommand(Deno.execPath(), ["run", "-A", app, ...args]);
};

/**
 * Dispatches a task with `dispatcher` and runs it with `worker`. Checks the trace and the metrics
 * that both export.
 */
export async function checkTrace(dispatcher: RunApp, worker: RunApp): Promise<void> {
  await using server = startOtlpServer();
  const folder = await Deno.makeTempDir();
  try {
    await dispatcher("dispatch", `${folder}/tasks.db`, server.url);
    await worker("work", `${folder}/tasks.db`, server.url);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const span = (name: string): OtlpSpan => {
    const found = server.spans.find((one) => one.name === name);
    assertExists(found, `no span ${name} in ${server.spans.map((one) => one.name)}`);
    return found;
  };
  const chain = [
    span("POST /orders"),
    span("dispatch charge-card"),
    span("process charge-card"),
    span("dispatch send-receipt"),
    span("process send-receipt"),
  ];
  assertEquals(new Set(chain.map(({ traceId }) => traceId)).size, 1);
  assertEquals(
    chain.slice(1).map(({ parentSpanId }) => parentSpanId),
    chain.slice(0, -1).map(({ spanId }) => spanId),
  );
  assertEquals(chain.slice(1).map(({ kind }) => kind), [producer, consumer, producer, consumer]);

  const [, dispatched, processed, , failed] = chain;
  assertEquals(processed?.links.map(({ spanId }) => spanId), [dispatched?.spanId]);
  assertEquals(processed?.attributes["messaging.system"], "evertask");
  assertEquals(processed?.attributes["messaging.operation.type"], "process");
  assertEquals(processed?.attributes["messaging.destination.name"], "default");
  assertEquals(processed?.attributes["evertask.task.key"], "payment-1");
  assertEquals(processed?.attributes["evertask.task.attempt"], 1);
  assertEquals(
    processed?.attributes["messaging.message.id"],
    dispatched?.attributes["messaging.message.id"],
  );
  assertEquals(failed?.status.code, errorStatus);
  assertEquals(failed?.attributes["error.type"], "TypeError");
  assertEquals(failed?.events.map(({ name }) => name), ["exception"]);

  const point = (metric: string, attributes: Record<string, string>) =>
    server.points.findLast((one) =>
      one.metric === metric &&
      Object.entries(attributes).every(([name, value]) => one.attributes[name] === value)
    );
  const charge = { "evertask.task.type": "charge-card" };
  const receipt = { "evertask.task.type": "send-receipt" };
  assertEquals(point("messaging.client.sent.messages", charge)?.value, 1);
  assertEquals(point("messaging.client.consumed.messages", charge)?.value, 1);
  assertEquals(point("messaging.client.operation.duration", charge)?.unit, "s");
  assertEquals(point("messaging.process.duration", charge)?.value, 1);
  assertEquals(
    point("messaging.process.duration", { ...receipt, "error.type": "TypeError" })?.value,
    1,
  );
  assertEquals(
    point("evertask.task.events", { ...receipt, "evertask.event.kind": "failed" })?.value,
    1,
  );
  assertEquals(point("evertask.workers", {})?.value, 1);
  assertExists(point("evertask.audit.rows", { "evertask.audit.table": "StatusAudit" }));
}

/** Checks the traces whose dispatcher, worker or both run in Node. */
export async function checkTracesInNode(t: Deno.TestContext, project: NpmProject): Promise<void> {
  const inNode: RunApp = (...args) => startProgram(project, "otel_app.mjs", ...args).end();
  await t.step("a trace goes from Node to Node", () => checkTrace(inNode, inNode));
  await t.step("a trace goes from Deno to Node", () => checkTrace(inDeno, inNode));
  await t.step("a trace goes from Node to Deno", () => checkTrace(inNode, inDeno));
}
