// The growth of an audit table.

import type { AuditGrowth } from "./queries.ts";

const dayMs = 86_400_000;

/** Adds the average to what a store has counted or estimated. */
export function auditGrowthOf(found: Omit<AuditGrowth, "averageRowsPerDay">): AuditGrowth {
  const { rows, firstAt, lastAt } = found;
  const days = Math.floor(((lastAt ?? 0) - (firstAt ?? 0)) / dayMs);
  return { ...found, averageRowsPerDay: days < 1 ? null : rows / days };
}
