// Tests that the span of a handler that does not return ends with the attempt.

import { assertEquals } from "@std/assert";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { defineTask, type EverTask, linearRetry } from "../../../mod.ts";
import { createOpenTelemetry } from "../../../src/monitor/otel/mod.ts";
import { Fleet, gate } from "../../support/fleet.ts";

type End = (everTask: EverTask, id: string, fleet: Fleet) => Promise<unknown>;

const ends: [how: string, errorType: string, end: End][] = [
  ["its timeout", "TimeoutError", (_, __, fleet) => fleet.pass(60_000, 1_000)],
  ["a cancel", "TaskCancelledError", (everTask, id) => everTask.cancel(id)],
  ["a stop", "WorkerStoppedError", (everTask) => everTask.stop({ timeout: 1_000 })],
];

for (const [how, errorType, end] of ends) {
  for (const after of ["ends later", "fails later"] as const) {
    Deno.test(`the span of a handler that ignores ${how} ends with the attempt, and the handler ${after}`, async () => {
      await using fleet = new Fleet();
      const exporter = new InMemorySpanExporter();
      const tracerProvider = new TracerProvider({
        spanProcessors: [new SimpleSpanProcessor({ exporter })],
      });
      const release = gate();
      const task = defineTask<null>({
        type: "deaf",
        timeout: how === "its timeout" ? 10_000 : { hours: 1 },
        retry: linearRetry(0, 1),
        async handle() {
          await release.opened;
          if (after === "fails later") throw new Error("too late");
        },
      });
      const everTask = await fleet.start({
        tasks: [task],
        instrumentation: createOpenTelemetry({ tracerProvider }),
      });
      const { id } = await everTask.dispatch(task, null);
      await fleet.pass(1_000);
      const processed = () =>
        exporter.getFinishedSpans().filter(({ name }) => name === "process deaf");
      assertEquals(processed(), []);
      const ended = end(everTask, id, fleet);
      await fleet.pass(60_000, 1_000);
      await fleet.until(ended);
      assertEquals(processed().map(({ attributes }) => attributes["error.type"]), [errorType]);
      release.open();
      await fleet.pass(1_000);
      assertEquals(processed().length, 1);
    });
  }
}
