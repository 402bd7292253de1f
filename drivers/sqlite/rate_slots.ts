// Rate limits: one small row a key, shared by all workers of the store.

import { reserveSlot } from "../../src/rate_limit/gcra.ts";
import type { RateSlot, RateSlotRequest } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";

const selectArrival = "SELECT arrival_utc FROM rate_limits WHERE key = ?";
const setArrival = "INSERT INTO rate_limits (key, arrival_utc) VALUES (?, ?) " +
  "ON CONFLICT (key) DO UPDATE SET arrival_utc = excluded.arrival_utc";

/** Reserves one slot each, in order; see `Storage.reserveRateSlots`. */
export function reserveRateSlots(
  connection: Connection,
  requests: readonly RateSlotRequest[],
): { readonly now: number; readonly slots: RateSlot[] } {
  return connection.transaction((now) => ({
    now,
    slots: requests.map((request) => reserve(connection, now, request)),
  }));
}

function reserve(connection: Connection, now: number, request: RateSlotRequest): RateSlot {
  const stored = connection.get(selectArrival, request.key)?.arrival_utc as number | undefined;
  const { slotAt, granted, tat } = reserveSlot(stored ?? null, now, request);
  if (granted) connection.run(setArrival, request.key, tat);
  return { slotAt, granted };
}
