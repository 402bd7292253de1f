// On Babelfish, one statement sends a batch: it fills variables of the table types from parameters,
// and calls the procedure with them.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { StatusChange } from "../../../src/storage/requests.ts";
import type { TdsRequest } from "../../support/tds_server/server.ts";
import { rows, withScript } from "./scripted.ts";

function change(number: number, exception: string | null = null): StatusChange {
  const taskId = `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
  return {
    taskId,
    auditLevel: "Full",
    transitions: [{ status: "Completed", exception, agoMs: 0 }],
  };
}

/** Answers with a row for each change in the statement. */
function answer({ text }: TdsRequest) {
  const filled = /INSERT INTO @Changes .*? VALUES ([^;]*);/s.exec(text)?.[1] ?? "";
  const count = filled.split("),\n").length;
  return { recordsets: [rows({ Applied: "int" }, ...Array.from({ length: count }, () => [1]))] };
}

Deno.test("a batch is one statement; equal values are one parameter, and numbers are literals", async () => {
  const changes = [change(1), change(2, "It's '; DROP TABLE x; --"), change(3)];
  await withScript(answer, async ({ storage, sent }) => {
    assertEquals((await storage.setStatusMany(changes)).length, 3);
    const [request, ...others] = sent();
    assertEquals([request!.kind, others], ["query", []]);
    assertMatch(request!.text, /^DECLARE @Changes \[EverTask\]\.\[StatusChangeList\];/);
    assertMatch(
      request!.text,
      /EXEC \[EverTask\]\.\[usp_SetTaskStatuses\] @Changes = @Changes, @Steps = @Steps;$/,
    );
    assert(!request!.text.includes("DROP"));
    const values = Object.values(request!.parameters).map(({ value }) => value);
    assertEquals(values, [
      ...changes.map(({ taskId }) => taskId),
      "Completed",
      "It's '; DROP TABLE x; --",
    ]);
  }, { isBabelfish: true });
});

Deno.test("a batch with too many values for a request is sent in parts, in order and in one transaction", async () => {
  const changes = Array.from({ length: 1500 }, (_, index) => change(index + 1, `error ${index}`));
  await withScript(answer, async ({ storage, sent }) => {
    const results = await storage.setStatusMany(changes);
    assertEquals(results.length, 1500);
    const kinds = sent().map(({ kind }) => kind);
    assertEquals([kinds[0], kinds.at(-1)], ["begin", "commit"]);
    const parts = sent().filter(({ kind }) => kind === "query");
    assert(parts.length > 1);
    const ids = parts.flatMap(({ parameters }) =>
      Object.values(parameters).map(({ value }) => String(value)).filter((value) =>
        value.startsWith("01900000")
      )
    );
    assertEquals(ids, changes.map(({ taskId }) => taskId));
    for (const { parameters } of parts) assert(Object.keys(parameters).length <= 2000);
  }, { isBabelfish: true });
});

Deno.test("a call without table parameters is a plain procedure call", async () => {
  const applied = { recordsets: [rows({ Applied: "int" }, [1])] };
  await withScript(() => applied, async ({ storage, sent }) => {
    await storage.setStatus(change(1).taskId, "Completed", null, "Full");
    assertEquals(sent().map(({ kind }) => kind), ["call"]);
  }, { isBabelfish: true });
});
