// The page of the history: the sizes and growth of the tables, the levels, and the retention.

import type { Sizes } from "../answers.ts";
import { byteSize, integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useResource } from "../resource.ts";
import { auditTexts, texts } from "../texts.ts";
import { AuditLevelsCard } from "./audit_levels.tsx";
import { RetentionCard } from "./retention.tsx";

type TableSize = Sizes["items"][number];

const columns: readonly Column<TableSize>[] = [
  { title: auditTexts.table, cell: ({ table }) => table, look: "rest" },
  {
    title: auditTexts.rows,
    cell: ({ rows, isEstimate }) =>
      rows === null ? texts.none : isEstimate ? auditTexts.estimate(integer(rows)) : integer(rows),
    look: "number",
  },
  {
    title: auditTexts.size,
    cell: ({ bytes }) => bytes === null ? texts.none : byteSize(bytes),
    look: "number",
  },
  {
    title: auditTexts.rowsPerDay,
    cell: ({ rowsPerDay }) => rowsPerDay === null ? texts.none : integer(Math.round(rowsPerDay)),
    look: "number",
  },
  {
    title: auditTexts.firstRow,
    cell: ({ oldestAt }) => <Instant at={oldestAt} />,
    look: "number",
  },
];

/** The page. */
export function AuditPage() {
  const sizes = useResource<Sizes>("sizes", { changesWith: () => false, everyMs: 60_000 });
  return (
    <>
      <Card title={auditTexts.tables}>
        <Loaded from={sizes}>
          {({ items }) => (
            <Table
              caption={auditTexts.tables}
              columns={columns}
              rows={items.filter(({ rows, bytes }) => rows !== null || bytes !== null)}
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
