// Stores rate limits: one small row for each key, which all workers share, and the returned slots.

import { allDone } from "../../src/storage/kit/edit_results.ts";
import { type RateBudget, releasedBudget, takeSlot } from "../../src/storage/kit/gcra.ts";
import { rateLimitPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest, RateLimitRecord } from "../../src/storage/queries.ts";
import type { ReturnedSlots } from "../../src/storage/kit/returned_slots.ts";
import type {
  NewOperatorAction,
  RateSlot,
  RateSlotRequest,
  RateSlots,
  ReturnedRateSlot,
} from "../../src/storage/requests.ts";
import { noteAction } from "./actions.ts";
import type { Connection } from "./connection.ts";
import { text, userText } from "./rows.ts";

const selectBudget = "SELECT reserved_tat_utc, started_tat_utc FROM rate_limits WHERE key = ?";
const setBudget =
  "INSERT INTO rate_limits (key, reserved_tat_utc, started_tat_utc, interval_ms, burst) " +
  "VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET " +
  "reserved_tat_utc = excluded.reserved_tat_utc, started_tat_utc = excluded.started_tat_utc, " +
  "interval_ms = excluded.interval_ms, burst = excluded.burst";

/** Takes one slot for each request, in order; see `Storage.takeRateSlots`. */
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
  const returned = new ReturnedSlotRows(connection, request.key);
  const { slotAt, granted, budget } = takeSlot(kept, now, request, returned);
  if (budget !== null && budget !== kept) {
    const { key, emissionIntervalMs, burst } = request;
    const { reservedTat, startedTat } = budget;
    connection.run(setBudget, key, reservedTat, startedTat, emissionIntervalMs, burst);
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

const giveBack = "INSERT OR IGNORE INTO returned_rate_slots (key, slot_at_utc) " +
  "SELECT key, ? FROM rate_limits WHERE key = ?";

/** Gives slots back; see `Storage.returnRateSlots`. */
export function returnRateSlots(connection: Connection, slots: readonly ReturnedRateSlot[]): void {
  connection.transaction(() => {
    for (const { key, slotAt } of slots) connection.run(giveBack, slotAt, key);
  });
}

const selectLast = "SELECT max(slot_at_utc) AS slot FROM returned_rate_slots " +
  "WHERE key = ? AND slot_at_utc < ?";
const selectFirst = "SELECT min(slot_at_utc) AS slot FROM returned_rate_slots " +
  "WHERE key = ? AND slot_at_utc > ?";
const deleteFrom = "DELETE FROM returned_rate_slots WHERE key = ? AND slot_at_utc >= ?";
const deleteUpTo = "DELETE FROM returned_rate_slots WHERE key = ? AND slot_at_utc <= ?";

/** The returned slots of a key. */
class ReturnedSlotRows implements ReturnedSlots {
  readonly #connection: Connection;
  readonly #key: string;

  constructor(connection: Connection, key: string) {
    this.#connection = connection;
    this.#key = key;
  }

  takeLine(end: number, intervalMs: number): number | null {
    let first: number | null = null;
    let last = this.#slot(selectLast, Number.MAX_SAFE_INTEGER);
    for (let before = end; last !== null && before - last <= intervalMs + 1; before = first) {
      first = last;
      last = this.#slot(selectLast, first);
    }
    if (first !== null) this.#connection.run(deleteFrom, this.#key, first);
    return first;
  }

  takeFirst(after: number, latest: number): number | null {
    const first = this.#slot(selectFirst, after);
    const found = first !== null && first <= latest ? first : null;
    this.#connection.run(deleteUpTo, this.#key, found ?? after);
    return found;
  }

  #slot(select: string, bound: number): number | null {
    return this.#connection.get(select, this.#key, bound)!.slot as number | null;
  }
}

const release = "UPDATE rate_limits SET reserved_tat_utc = ?1, started_tat_utc = ?2 WHERE key = ?3";
const forgetReturned = "DELETE FROM returned_rate_slots WHERE key = ?";

/** Gives back the budget of a key; see `Storage.releaseRateLimit`. */
export function releaseRateLimit(
  connection: Connection,
  key: string,
  action: NewOperatorAction,
): boolean {
  return connection.transaction((now) => {
    const { reservedTat, startedTat } = releasedBudget(now);
    if (connection.run(release, reservedTat, startedTat, key) === 0) return false;
    connection.run(forgetReturned, key);
    noteAction(connection, now, action, allDone);
    return true;
  });
}

const selectLimits =
  `SELECT ${userText("key")}, reserved_tat_utc, started_tat_utc, interval_ms, burst, ` +
  "(SELECT count(*) FROM returned_rate_slots AS s WHERE s.key = l.key AND s.slot_at_utc > ?1) " +
  "AS returned, " +
  "(SELECT min(s.slot_at_utc) FROM returned_rate_slots AS s " +
  "WHERE s.key = l.key AND s.slot_at_utc > ?1) AS first_returned " +
  "FROM rate_limits AS l WHERE l.key > ?2 ORDER BY l.key LIMIT ?3";

/** Returns the keys in use; see `Storage.rateLimits`. */
export function rateLimits(
  connection: Connection,
  request: PageRequest | undefined,
  now: number,
): Page<RateLimitRecord> {
  const { after, limit, of } = rateLimitPage(request);
  const rows = connection.all(selectLimits, now, after.toWellFormed(), limit + 1);
  return of(rows.map((row) => ({
    key: text(row.key),
    reservedUntilAt: row.reserved_tat_utc as number,
    startedUntilAt: row.started_tat_utc as number,
    emissionIntervalMs: row.interval_ms as number | null,
    burst: row.burst as number | null,
    returnedSlots: row.returned as number,
    firstReturnedAt: row.first_returned as number | null,
  })));
}
