// What all drivers read from the steps of a change, by tables.

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import type { StatusChange, StatusStep } from "../../src/storage/requests.ts";
import { lastStep, putsInLine } from "../../src/storage/status_steps.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";

const step = (status: string): StatusStep => ({
  status: status as TaskStatus,
  exception: null,
  agoMs: 0,
});

Deno.test("the last step says how a task stands; none, and a status that there is not, are refused", () => {
  const taskId = "x";
  const steps = [step("Queued"), step("InProgress")];
  assertEquals(lastStep({ taskId, steps }), steps[1]);
  assertThrows(() => lastStep({ taskId, steps: [] }), InvalidArgumentError, "at least one step");
  for (const wrong of [[step("queued"), step("Failed")], [step("Failed"), step("Done")]]) {
    assertThrows(() => lastStep({ taskId, steps: wrong }), InvalidArgumentError, "be one of");
  }
});

const lease = { workerId: "worker", token: 1 };
const cases: [change: Partial<StatusChange>, last: TaskStatus, expected: boolean][] = [
  [{}, "Queued", true],
  [{}, "WaitingQueue", true],
  [{}, "InProgress", false],
  [{}, "Completed", false],
  [{ dueInMs: 0 }, "Queued", false],
  [{ lease }, "Queued", false],
  [{ lease, dueInMs: 0 }, "Queued", false],
];
for (const [change, last, expected] of cases) {
  const verb = expected ? "puts" : "does not put";
  Deno.test(`a change ${JSON.stringify(change)} to ${last} ${verb} its task in line`, () => {
    const steps = [step("Failed"), step(last)];
    assertEquals(putsInLine({ taskId: "x", auditLevel: "Full", steps, ...change }), expected);
  });
}
