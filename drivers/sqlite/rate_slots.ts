// Rate limits: one small row a key, shared by all workers of the store.

import { type RateBudget, takeSlot } from "../../src/rate_limit/gcra.ts";
import type { RateSlot, RateSlotRequest, RateSlots } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";

const selectBudget = "SELECT reserved_tat_utc, started_tat_utc FROM rate_limits WHERE key = ?";
const setBudget = "INSERT INTO rate_limits (key, reserved_tat_utc, started_tat_utc) " +
  "VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET " +
  "reserved_tat_utc = excluded.reserved_tat_utc, started_tat_utc = excluded.started_tat_utc";

/** Takes one slot each, in order; see `Storage.takeRateSlots`. */
export function takeRateSlots(
  connection: Connection,
  requests: readonly RateSlotRequest[],
): RateSlots {
  return connection.transaction((now) => ({
    now,
    slots: requests.map((request) => takeRateSlot(connection, now, request)),
  }));
}

function takeRateSlot(connection: Connection, now: number, request: RateSlotRequest): RateSlot {
  const kept = budgetOf(connection, request.key);
  const { slotAt, granted, budget } = takeSlot(kept, now, request);
  if (budget !== null && budget !== kept) {
    connection.run(setBudget, request.key, budget.reservedTat, budget.startedTat);
  }
  return { slotAt, granted };
}

function budgetOf(connection: Connection, key: string): RateBudget | null {
  const row = connection.get(selectBudget, key);
  if (row === undefined) return null;
  return {
    reservedTat: row.reserved_tat_utc as number,
    startedTat: row.started_tat_utc as number,
  };
}
