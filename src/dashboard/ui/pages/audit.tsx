// The page of the history: the size and growth of its tables, the levels, and the retention.

import type { AuditGrowth } from "../answers.ts";
import { integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useResource } from "../resource.ts";
import { pageNames, texts } from "../texts.ts";
import { AuditLevelsCard } from "./audit_levels.tsx";
import { RetentionCard } from "./retention.tsx";

type TableGrowth = AuditGrowth["items"][number];

const columns: readonly Column<TableGrowth>[] = [
  { title: texts.table, cell: ({ table }) => table, look: "rest" },
  { title: texts.rows, cell: ({ rows }) => integer(rows), look: "number" },
  {
    title: texts.rowsPerDay,
    cell: ({ averageRowsPerDay: rows }) => rows === null ? texts.none : integer(Math.round(rows)),
    look: "number",
  },
  { title: texts.firstRow, cell: ({ firstAt }) => <Instant at={firstAt} />, look: "number extra" },
  { title: texts.lastRow, cell: ({ lastAt }) => <Instant at={lastAt} />, look: "number extra" },
];

/** The page. */
export function AuditPage() {
  const growth = useResource<AuditGrowth>("audit/growth", {
    changesWith: () => false,
    everyMs: 60_000, // it reads the tables whole
  });
  return (
    <>
      <Card title={pageNames.audit}>
        <Loaded from={growth}>
          {({ items }) => (
            <Table
              caption={pageNames.audit}
              columns={columns}
              rows={items}
              keyOf={({ table }) => table}
            />
          )}
        </Loaded>
      </Card>
      <div class="columns">
        <AuditLevelsCard />
        <RetentionCard />
      </div>
    </>
  );
}
