// Tests how drivers interpret the transitions of a change, with tables.

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import type { StatusChange, StatusTransition } from "../../src/storage/requests.ts";
import { lastTransition, putsInLine } from "../../src/storage/status_transitions.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";

const transition = (status: string): StatusTransition => ({
  status: status as TaskStatus,
  exception: null,
  agoMs: 0,
});

Deno.test("the last transition decides the status; an empty array and an unknown status are rejected", () => {
  const taskId = "x";
  const transitions = [transition("Queued"), transition("InProgress")];
  assertEquals(lastTransition({ taskId, transitions }), transitions[1]);
  assertThrows(
    () => lastTransition({ taskId, transitions: [] }),
    InvalidArgumentError,
    "at least one transition",
  );
  for (
    const wrong of [[transition("queued"), transition("Failed")], [
      transition("Failed"),
      transition("Done"),
    ]]
  ) {
    assertThrows(
      () => lastTransition({ taskId, transitions: wrong }),
      InvalidArgumentError,
      "be one of",
    );
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
  const verb = expected ? "makes" : "does not make";
  Deno.test(`a change ${JSON.stringify(change)} to ${last} ${verb} its task wait`, () => {
    const transitions = [transition("Failed"), transition(last)];
    assertEquals(putsInLine({ taskId: "x", auditLevel: "Full", transitions, ...change }), expected);
  });
}
