// Copies the settings of the store: paused queues, rate limits, and the actions of operators.

import type { StoreSettings } from "../../src/storage/storage_copying.ts";
import type { SqlServerDatabase } from "./database.ts";
import { toDate } from "./instants.ts";
import { type ColumnTypes, insertRows } from "./many_rows.ts";
import { storedVersion, toGroupRow, toGroups } from "./reports.ts";
import * as rows from "./rows.ts";
import * as types from "./sql_types.ts";
import { failureList } from "./table_types.ts";
import { fromStoredName, nameLengths, toStored, toStoredName } from "./text.ts";

/** Returns the settings of the store. */
export async function exportSettings(database: SqlServerDatabase): Promise<StoreSettings> {
  const [queues, limits, slots, actions, groups, counts] = await database.query(
    `SELECT [QueueName] FROM [EverTask].[PausedQueues] ORDER BY [QueueName];
    SELECT [RateKey], [ReservedTatMs], [StartedTatMs], [IntervalMs], [Burst] FROM [EverTask].[RateLimits] ORDER BY [RateKey];
    SELECT [RateKey], [SlotMs] FROM [EverTask].[ReturnedRateSlots] ORDER BY [RateKey], [SlotMs];
    SELECT * FROM [EverTask].[OperatorActions] ORDER BY [Id];
    SELECT * FROM [EverTask].[FailureGroups] ORDER BY [Id];
    SELECT [GroupId], [HourMs] AS [StartMs], [Failures] FROM [EverTask].[FailureCounts] ORDER BY [GroupId], [HourMs];`,
    {},
    true,
  );
  const slotsOf = Map.groupBy(slots!, ({ RateKey }) => rows.text(RateKey));
  return {
    pausedQueues: queues!.map(({ QueueName }) => fromStoredName(rows.text(QueueName))),
    rateLimits: limits!.map(({ RateKey, ReservedTatMs, StartedTatMs, IntervalMs, Burst }) => ({
      key: fromStoredName(rows.text(RateKey)),
      reservedTatMs: arrivalTime(ReservedTatMs),
      startedTatMs: arrivalTime(StartedTatMs),
      emissionIntervalMs: rows.numberOrNull(IntervalMs),
      burst: rows.numberOrNull(Burst),
      returnedSlots: (slotsOf.get(rows.text(RateKey)) ?? []).map(({ SlotMs }) => Number(SlotMs)),
    })),
    actions: actions!.map((row) => {
      const { id: _, ...action } = rows.toOperatorAction(row);
      return action;
    }),
    failureGroups: toGroups(groups!, counts!),
  };
}

/** The stored arrival time of a budget that was never used. */
const neverUsed = 0;

function arrivalTime(stored: unknown): number | null {
  return Number(stored) === neverUsed ? null : Number(stored);
}

const settingsTables = [
  ...["PausedQueues", "ReturnedRateSlots", "RateLimits", "OperatorActions", "FailureGroups"],
  "FailureCounts",
];

const rateKey = types.name(nameLengths.rateKey);
const actionColumns: ColumnTypes = {
  AtUtc: types.instant,
  Verb: types.name(nameLengths.verb),
  Actor: types.name(nameLengths.actor),
  Reason: types.text,
  TargetKind: types.name(nameLengths.targetKind),
  Target: types.name(nameLengths.queue),
  Before: types.text,
  After: types.text,
  Changed: types.bigInt,
  Skipped: types.bigInt,
  Next: types.text,
};

const { Ordinal: _, ...reportedColumns } = failureList.columns;
const applicationVersion = types.name(nameLengths.applicationVersion);
const failureColumns: ColumnTypes = {
  ...reportedColumns,
  FirstVersion: applicationVersion,
  LastVersion: applicationVersion,
};

/** Replaces the settings of the store, in one transaction. */
export async function importSettings(
  database: SqlServerDatabase,
  { pausedQueues, rateLimits, actions, failureGroups }: StoreSettings,
): Promise<void> {
  const keyOf = (key: string) => toStoredName(key, "rateLimit.key", nameLengths.rateKey);
  const now = new Date(
    (await database.query("SELECT SYSUTCDATETIME() AS [Now];"))[0]![0]!.Now as Date,
  );
  await database.transaction(async (transaction) => {
    const connection = { database, transaction };
    for (const table of settingsTables) {
      await database.queryIn(transaction, `DELETE FROM [EverTask].[${table}];`, {});
    }
    await insertRows(
      connection,
      "PausedQueues",
      { QueueName: types.name(nameLengths.queue), PausedAtUtc: types.instant },
      pausedQueues.map((queue) => ({
        QueueName: toStoredName(queue, "queue", nameLengths.queue),
        PausedAtUtc: now,
      })),
    );
    await insertRows(
      connection,
      "RateLimits",
      {
        ...{ RateKey: rateKey, ReservedTatMs: types.float, StartedTatMs: types.float },
        ...{ IntervalMs: types.float, Burst: types.float },
      },
      rateLimits.map(({ key, reservedTatMs, startedTatMs, emissionIntervalMs, burst }) => ({
        RateKey: keyOf(key),
        ReservedTatMs: reservedTatMs ?? neverUsed,
        StartedTatMs: startedTatMs ?? neverUsed,
        IntervalMs: emissionIntervalMs,
        Burst: burst,
      })),
    );
    await insertRows(
      connection,
      "ReturnedRateSlots",
      { RateKey: rateKey, SlotMs: types.float },
      rateLimits.flatMap(({ key, returnedSlots }) =>
        returnedSlots.map((slot) => ({ RateKey: keyOf(key), SlotMs: slot }))
      ),
    );
    await insertRows(
      connection,
      "OperatorActions",
      actionColumns,
      actions.map(({ target, ...action }) => ({
        AtUtc: toDate(action.doneAt),
        Verb: action.verb,
        Actor: toStoredName(action.by, "by", nameLengths.actor),
        Reason: toStored(action.reason),
        TargetKind: target.kind,
        Target: target.id === null ? null : toStoredName(target.id, "target", nameLengths.queue),
        Before: toStored(action.before),
        After: toStored(action.after),
        Changed: action.changed,
        Skipped: action.skipped,
        Next: action.next,
      })),
    );
    await insertRows(
      connection,
      "FailureGroups",
      failureColumns,
      failureGroups.map((group) => ({
        ...toGroupRow(group),
        FirstVersion: storedVersion(group.firstVersion),
        LastVersion: storedVersion(group.lastVersion),
      })),
    );
    await insertRows(
      connection,
      "FailureCounts",
      { GroupId: types.name(16), HourMs: types.bigInt, Failures: types.bigInt },
      failureGroups.flatMap(({ id, counts }) =>
        counts.map(({ startAt, count }) => ({ GroupId: id, HourMs: startAt, Failures: count }))
      ),
    );
  });
}
