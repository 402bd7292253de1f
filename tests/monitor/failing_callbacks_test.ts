// Errors of functions that the application passes to monitoring: they affect at most the event or
// request for which the function was called.

import { assert, assertEquals } from "@std/assert";
import { type Alert, sendAlerts } from "../../src/monitor/alerts/mod.ts";
import { createHealthChecks } from "../../src/monitor/mod.ts";
import type { TaskEvent } from "../../mod.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import { stub } from "../support/stub.ts";
import { makeHub, webSocketHeaders } from "./support/asked_hub.ts";
import { EventSourceForTests } from "./support/event_source.ts";
import { until } from "../support/until.ts";

/** The ways in which a function that must be synchronous can fail. */
const failures: Readonly<Record<string, () => never>> = {
  throws: () => {
    throw new Error("not today");
  },
  rejects: () => Promise.reject(new Error("not today")) as never,
  "is async": () => Promise.resolve(true) as never,
};

for (const [how, fail] of Object.entries(failures)) {
  for (const name of ["filter", "keyOf"] as const) {
    Deno.test(`an event is not sent if the alerts' ${name} ${how}, and the next event is sent`, async () => {
      using _console = stub(console, "error", () => {});
      const events = new EventSourceForTests();
      const sent: Alert[] = [];
      let calls = 0;
      const flawed = () => calls++ === 0 ? fail() : "key";
      const channel = {
        name: "test",
        send: (alerts: readonly Alert[]) => void sent.push(...alerts),
      };
      const alerts = sendAlerts(
        { events },
        channel as unknown as Parameters<typeof sendAlerts>[1],
        { [name]: flawed, repeatAfter: 0 },
      );
      events.emit("failed", { taskType: "first" });
      events.emit("failed", { taskType: "second" });
      await until(() => sent.length > 0, "an alert is sent");
      assertEquals(sent.map(({ event }) => event.taskType), ["second"]);
      await alerts.close();
    });
  }

  Deno.test(`alerts are sent if newId, the clock and the logger fail: each ${how}`, async () => {
    using _console = stub(console, "error", () => {});
    const events = new EventSourceForTests();
    const sent: string[] = [];
    const alerts = sendAlerts({ events }, {
      name: "test",
      send: ([alert]) => Promise.resolve(void sent.push(alert!.id)),
    }, {
      newId: fail,
      clock: { now: fail, monotonic: fail, setTimer: fail },
      logger: { trace: fail, debug: fail, info: fail, warn: fail, error: fail },
      repeatAfter: 1,
    });
    // A timer sums up the second event. No caller would catch an error of its callback.
    for (let count = 0; count < 2; count++) events.emit("failed");
    await until(() => sent.length === 2, "both alerts are sent");
    assert(sent.every((id) => typeof id === "string" && id !== ""));
    await alerts.close();
  });

  Deno.test(`an event is not sent if the hub's redact ${how}, and the next event is sent`, async () => {
    using _console = stub(console, "error", () => {});
    let calls = 0;
    const redact = (event: TaskEvent) => calls++ === 0 ? fail() : event;
    const { events, hub, stream } = makeHub({ redact });
    const { reader } = await stream();
    events.emit("failed", { taskType: "first" });
    events.emit("failed", { taskType: "second" });
    const { value = "" } = await reader.read();
    assertEquals([value.includes("first"), value.includes("second")], [false, true]);
    hub.close();
    await reader.cancel();
  });

  Deno.test(`a WebSocket is answered with an error if the hub's upgrade ${how}`, async () => {
    const { ask, hub } = makeHub({ upgrade: fail });
    assertEquals((await ask("", { headers: webSocketHeaders })).status, 500);
    hub.close();
    await new Promise<void>(nextMacrotask);
  });

  Deno.test(`health is reported even if its clock ${how}`, async () => {
    using _console = stub(console, "error", () => {});
    const backlog = { now: new Date(0), queues: [] };
    const everTask = {
      events: new EventSourceForTests(),
      audit: { growth: () => Promise.resolve([]) },
      queues: { backlog: () => Promise.resolve(backlog) },
      statistics: () => Promise.reject(new Error("not asked for")),
      workers: () => Promise.resolve([]),
      workerId: null,
    };
    const clock = { now: fail, monotonic: fail, setTimer: fail };
    const health = createHealthChecks(everTask, { clock });
    assertEquals((await health.ready()).checks["storage"]?.status, "healthy");
    health.close();
  });
}
