// Waiting alerts: the order of tries, and the limits of number and size.

import { assertEquals } from "@std/assert";
import { mostText } from "../../../src/monitor/alerts/text_length.ts";
import { type WaitingAlert, WaitingAlerts } from "../../../src/monitor/alerts/waiting_alerts.ts";
import { taskEvent } from "../support/event_source.ts";

function newAlert(id: string, length = 0) {
  const event = taskEvent("failed", { message: "", exception: null, taskParameters: "" });
  return {
    id,
    event: { ...event, taskParameters: "x".repeat(length) },
    count: 1,
    suppressed: 0,
  };
}

const idsOf = (waiting: readonly WaitingAlert[]) => waiting.map(({ alert }) => alert.id).join("");

/** Makes the next alert fail `times` times. */
function fail(alerts: WaitingAlerts, times: number): void {
  const [waiting] = alerts.take(1);
  waiting!.attempts += times;
  alerts.putBack([waiting!]);
}

Deno.test("an alert that has failed five times is tried after the others, unless the order matters", () => {
  for (
    const [inOrder, times, expected] of [[false, 4, "ab"], [false, 5, "ba"], [
      true,
      5,
      "ab",
    ]] as const
  ) {
    const alerts = new WaitingAlerts(10, inOrder);
    alerts.add(newAlert("a"));
    fail(alerts, times);
    assertEquals(alerts.areStubborn, expected === "ba");
    alerts.add(newAlert("b"));
    assertEquals(idsOf([...alerts.take(1), ...alerts.take(1)]), expected);
    assertEquals(alerts.count, 0);
  }
});

Deno.test("alerts that are put back come first, in their order", () => {
  const alerts = new WaitingAlerts(10, false);
  for (const id of "abcd") alerts.add(newAlert(id));
  alerts.putBack(alerts.take(2));
  assertEquals(idsOf(alerts.take(10)), "abcd");
});

Deno.test("all alerts are taken, even those that failed often", () => {
  const alerts = new WaitingAlerts(10, false);
  alerts.add(newAlert("a"));
  fail(alerts, 5);
  alerts.add(newAlert("b"));
  assertEquals(idsOf(alerts.takeAll()), "ba");
  assertEquals(alerts.count, 0);
});

Deno.test("the number of waiting alerts is bounded, and so is their text", () => {
  const few = new WaitingAlerts(2, false);
  assertEquals(["a", "b", "c"].map((id) => few.add(newAlert(id))), [true, true, false]);

  const alerts = new WaitingAlerts(10, false);
  assertEquals(
    alerts.add(newAlert("a", mostText + 1)),
    true,
    "an alert that is too long waits alone",
  );
  assertEquals(alerts.add(newAlert("b")), false);
  alerts.take(1);
  assertEquals(alerts.add(newAlert("c", mostText)), true, "taken alerts do not count");
  alerts.putBack(alerts.take(1));
  assertEquals(alerts.add(newAlert("d", 1)), false, "an alert that was put back counts");
});
