// Tests the complete decision table of the audit levels: every level with every status, with and
// without an exception.

import { assertEquals, assertThrows } from "@std/assert";
import {
  type AuditLevel,
  auditLevelFromNumber,
  auditLevels,
  auditLevelToNumber,
  parseAuditLevel,
} from "../../../src/audit/audit_level.ts";
import {
  isError,
  keepsHistory,
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "../../../src/storage/kit/audit_policy.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { type TaskStatus, taskStatuses } from "../../../src/storage/task_status.ts";

// S is a status audit row, and R is a runs audit row. Left of the slash are the rows without an
// exception, and right of it the rows with one.
const table: Record<TaskStatus, Record<AuditLevel, string>> = {
  WaitingQueue: { Full: "SR/SR", Minimal: "R/SR", ErrorsOnly: "/SR", None: "/" },
  Queued: { Full: "SR/SR", Minimal: "R/SR", ErrorsOnly: "/SR", None: "/" },
  InProgress: { Full: "SR/SR", Minimal: "R/SR", ErrorsOnly: "/SR", None: "/" },
  Pending: { Full: "SR/SR", Minimal: "R/SR", ErrorsOnly: "/SR", None: "/" },
  Cancelled: { Full: "SR/SR", Minimal: "R/SR", ErrorsOnly: "/SR", None: "/" },
  Completed: { Full: "SR/SR", Minimal: "R/SR", ErrorsOnly: "/SR", None: "/" },
  Failed: { Full: "SR/SR", Minimal: "SR/SR", ErrorsOnly: "SR/SR", None: "/" },
  ServiceStopped: { Full: "SR/SR", Minimal: "SR/SR", ErrorsOnly: "SR/SR", None: "/" },
};

function rows(level: AuditLevel, status: TaskStatus, exception: string | null): string {
  const statusRow = shouldCreateStatusAudit(level, status, exception) ? "S" : "";
  return statusRow + (shouldCreateRunsAudit(level, status, exception) ? "R" : "");
}

for (const status of taskStatuses) {
  for (const level of auditLevels) {
    Deno.test(`${status} at ${level} writes the audit rows that the decision table lists`, () => {
      const found = `${rows(level, status, null)}/${rows(level, status, "it broke")}`;
      assertEquals(found, table[status][level]);
    });
  }
}

Deno.test("keepsHistory is true for the levels that write a row for some status", () => {
  const statuses = Object.values(table);
  for (const level of auditLevels) {
    assertEquals(keepsHistory(level), statuses.some((levels) => levels[level] !== "/"), level);
  }
});

Deno.test("an empty exception is an exception", () => {
  assertEquals(rows("ErrorsOnly", "Completed", ""), "SR");
  assertEquals(isError("Completed", ""), true);
  assertEquals(isError("Completed", null), false);
});

Deno.test("only Failed and ServiceStopped are errors without an exception", () => {
  const errors = taskStatuses.filter((status) => isError(status, null));
  assertEquals(errors, ["Failed", "ServiceStopped"]);
});

Deno.test("levels are stored as upstream's numbers, and null is read as Full", () => {
  const upstreams: AuditLevel[] = ["Full", "Minimal", "ErrorsOnly", "None"];
  assertEquals(upstreams.map(auditLevelToNumber), [0, 1, 2, 3]);
  for (const level of auditLevels) {
    assertEquals(auditLevelFromNumber(auditLevelToNumber(level)), level);
  }
  assertEquals(auditLevelFromNumber(null), "Full");
});

Deno.test("an unknown level is refused with its name and the levels that exist", () => {
  assertEquals(parseAuditLevel("Minimal", "auditLevel"), "Minimal");
  for (const level of ["full", "", 0, null, undefined, "constructor"]) {
    const error = assertThrows(() => parseAuditLevel(level, "auditLevel"), InvalidArgumentError);
    assertEquals([error.argument, error.value], ["auditLevel", level]);
    assertEquals(error.message.endsWith(`be one of ${auditLevels.join(", ")}.`), true);
  }
});
