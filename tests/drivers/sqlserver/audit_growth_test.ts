// The growth of large history tables of SQL Server: the rows are those of the catalog, and are
// counted on request.

import { assertEquals } from "@std/assert";
import { type Answer, rows, serverNow, withScript } from "./scripted.ts";

const instants = { First: "instant", Last: "instant" } as const;
const first = serverNow - 2 * 86_400_000;

/** Answers as tables with numbers of rows in the catalog. */
function tablesOf(...sizes: readonly (number | null)[]): Answer {
  return ({ text }) => {
    if (text.includes("sys.partitions")) {
      return { recordsets: sizes.map((size) => rows({ Rows: "bigint" }, [size])) };
    }
    return {
      recordsets: text.trim().split(";").filter((query) => query !== "").map((query) =>
        query.includes("COUNT_BIG")
          ? rows({ Rows: "bigint", ...instants }, [7, first, serverNow])
          : rows(instants, [first, serverNow])
      ),
    };
  };
}

Deno.test("the rows of large history tables come from the catalog, and those of small ones are counted", async () => {
  await withScript(tablesOf(400_000, 100_000, null), async ({ storage }) => {
    const growth = await storage.auditGrowth();
    assertEquals(
      growth.map(({ table, rows, isEstimate }) => [table, rows, isEstimate]),
      [["StatusAudit", 400_000, true], ["RunsAudit", 7, false], ["TaskExecutionLog", 7, false]],
    );
    for (const { firstAt, lastAt, rows, averageRowsPerDay } of growth) {
      assertEquals([firstAt, lastAt, averageRowsPerDay], [first, serverNow, rows / 2]);
    }
  });
});

Deno.test("large history tables are counted on request, without a look at their sizes", async () => {
  await withScript(tablesOf(400_000, 400_000, 400_000), async ({ storage, sent }) => {
    const growth = await storage.auditGrowth({ exact: true });
    assertEquals(growth.map(({ rows, isEstimate }) => [rows, isEstimate]), [
      ...Array(3).fill([7, false]),
    ]);
    assertEquals(sent().length, 1);
  });
});
