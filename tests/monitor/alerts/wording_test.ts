// The texts of alerts.

import { assertEquals } from "@std/assert";
import { cut, facts, headline } from "../../../src/monitor/alerts/wording.ts";
import { taskEvent } from "../support/event_source.ts";

const alert = (fields: Parameters<typeof taskEvent>[1] = {}, count = 1, suppressed = 0) => ({
  id: "an-id",
  event: taskEvent("failed", fields),
  count,
  suppressed,
});

Deno.test("a headline is one line, and has a count only if that is above one", () => {
  assertEquals(headline(alert()), "Task failed: send-email");
  assertEquals(headline(alert({}, 2)), "Task failed: send-email (2 times)");
  assertEquals(headline(alert({ taskType: "a\r\n b" })), "Task failed: a b");
});

Deno.test("facts leave out empty values", () => {
  const names = (...args: Parameters<typeof alert>) => facts(alert(...args)).map(([name]) => name);
  const always = ["Task ID", "Time", "Queue", "Attempt", "Message", "Exception"];
  assertEquals(names(), always);
  assertEquals(names({ attempt: 0, exception: null, queue: "" }), ["Task ID", "Time", "Message"]);
  assertEquals(names({ taskKey: "k" }, 1, 1), [
    ...always.slice(0, 3),
    "Task key",
    ...always.slice(3),
    "Suppressed",
  ]);
  assertEquals(facts(alert({}, 1, 2)).at(-1)![1], "2 earlier events");
});

Deno.test("a text that is cut has the maximum length, including the ellipsis", () => {
  assertEquals(cut("12345", 5), "12345");
  assertEquals(cut("123456", 5), "1234…");
});
