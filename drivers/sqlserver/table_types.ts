// Describes the table types of the procedures' parameters for mssql, with the columns in the order
// of sql/sqlserver/0004_types.sql.

import { activityColumns } from "../../src/storage/work_reports.ts";
import type { TableType } from "./mssql.ts";
import {
  bigInt,
  bit,
  figureColumn,
  float,
  id,
  instantText as instant,
  int,
  name,
  smallInt,
  type SqlTypeMaker,
  text,
} from "./sql_types.ts";
import { nameLengths } from "./text.ts";

function tableType<Column extends string>(
  name: string,
  columns: Record<Column, SqlTypeMaker>,
): TableType<Column> {
  return { name, columns };
}

/** Ids of tasks. */
export const taskIdList = tableType("TaskIdList", { Ordinal: int, TaskId: id });

/** Task types, or queues with a limit each. */
export const nameList = tableType("NameList", {
  Ordinal: int,
  Name: name(nameLengths.type),
  Limit: int,
});

/** New tasks. */
export const newTaskList = tableType("NewTaskList", {
  Ordinal: int,
  Id: id,
  Type: name(nameLengths.type),
  Handler: name(nameLengths.handler),
  Request: text,
  Status: name(nameLengths.status),
  DueInMs: bigInt,
  DueAtUtc: instant,
  AuditLevel: int,
  QueueName: name(nameLengths.queue),
  Priority: smallInt,
  TaskKey: name(nameLengths.taskKey),
  TraceContext: text,
  RetryPolicy: text,
  ClaimFor: name(nameLengths.worker),
  IsRecurring: bit,
  RecurringTask: text,
  RecurringInfo: text,
  AnchorUtc: instant,
  MaxRuns: int,
  RunUntil: instant,
  NextRunUtc: instant,
});

/** Tags of tasks. */
export const taskTagList = tableType("TaskTagList", {
  Ordinal: int,
  TaskId: id,
  Place: int,
  Tag: name(nameLengths.tag),
  Tags: text,
});

/** Status changes of tasks. */
export const statusChangeList = tableType("StatusChangeList", {
  TaskId: id,
  Ordinal: int,
  LastStep: int,
  AuditLevel: int,
  WorkerId: name(nameLengths.worker),
  LeaseToken: bigInt,
  DueInMs: bigInt,
  ReturnAttempt: bit,
  RateSlotUtc: instant,
  ExecutionTimeMs: float,
});

/** Runs that have ended. */
export const runEndList = tableType("RunEndList", {
  TaskId: id,
  Ordinal: int,
  LastStep: int,
  AuditLevel: int,
  WorkerId: name(nameLengths.worker),
  LeaseToken: bigInt,
  ExecutionTimeMs: float,
  NextRunUtc: instant,
  Counts: bit,
});

/** The status transitions of each task in a `StatusChangeList` or `RunEndList`. */
export const statusStepList = tableType("StatusStepList", {
  Ordinal: int,
  Step: int,
  Status: name(nameLengths.status),
  Exception: text,
  AgoMs: bigInt,
});

/** Released tasks. */
export const releasedTaskList = tableType("ReleasedTaskList", {
  Ordinal: int,
  TaskId: id,
  LeaseToken: bigInt,
  DueAtUtc: instant,
});

/** Corrections of series. */
export const seriesCorrectionList = tableType("SeriesCorrectionList", {
  TaskId: id,
  Ordinal: int,
  PlannedUtc: instant,
  NextRunUtc: instant,
  AnchorUtc: instant,
  DueAtUtc: instant,
});

/** Changes by operators. */
export const taskEditList = tableType("TaskEditList", {
  TaskId: id,
  Ordinal: int,
  Version: name(nameLengths.version),
  Deletes: bit,
  Request: text,
  QueueName: name(nameLengths.queue),
  Priority: smallInt,
  Status: name(nameLengths.status),
  StartsAnew: bit,
  CancelRequested: bit,
  MovesDue: bit,
  Soonest: bit,
  DueInMs: bigInt,
  DueAtUtc: instant,
  RecurringTask: text,
  RecurringInfo: text,
  AnchorUtc: instant,
  MaxRuns: int,
  RunUntil: instant,
  NextRunUtc: instant,
  EndsSeries: bit,
  IsPaused: bit,
});

/** Requests for rate limit slots. */
export const rateSlotRequestList = tableType("RateSlotRequestList", {
  Ordinal: int,
  RateKey: name(nameLengths.rateKey),
  IntervalMs: float,
  Burst: float,
  StartEmpty: bit,
  HorizonMs: float,
  ReservedMs: float,
  GraceMs: float,
  StartWithinMs: float,
});

/** Returned rate limit slots. */
export const returnedRateSlotList = tableType("ReturnedRateSlotList", {
  Ordinal: int,
  RateKey: name(nameLengths.rateKey),
  SlotMs: float,
});

/** The last event read from each writer. */
export const eventPositionList = tableType("EventPositionList", {
  Ordinal: int,
  WriterId: name(nameLengths.worker),
  UpTo: bigInt,
});

/** Log lines of handlers. */
export const logLineList = tableType("LogLineList", {
  Ordinal: int,
  TaskId: id,
  AgoMs: bigInt,
  Level: name(nameLengths.logLevel),
  Message: text,
  Exception: text,
  RunNumber: bigInt,
});

const figures = Object.fromEntries(activityColumns.map((column) => [figureColumn(column), float]));

/** The activity of a worker, by minute. */
export const activityList = tableType("ActivityList", {
  Ordinal: int,
  AtMs: bigInt,
  Type: name(nameLengths.type),
  QueueName: name(nameLengths.queue),
  ...figures as Record<string, SqlTypeMaker>,
});

/** Failures by group. */
export const failureList = tableType("FailureList", {
  Ordinal: int,
  Id: name(16),
  Type: name(nameLengths.type),
  Summary: text,
  Failures: bigInt,
  FirstMs: bigInt,
  LastMs: bigInt,
  TaskId: id,
  Exception: text,
});
