// The conditions of a search and their parameters. Only the conditions become part of a statement,
// never a value.

import { payloadPart } from "../../src/storage/payload_search.ts";
import type { TaskFilter } from "../../src/storage/queries.ts";
import { storedTag } from "./batches.ts";
import { toDate } from "./instants.ts";
import { id, instant, name, type Parameter, text } from "./mssql.ts";
import * as rows from "./rows.ts";
import { nameLengths, toStored, toStoredName } from "./text.ts";

const textColumns = [
  ["statuses", "Status", "t.[Status]"],
  ["types", "Type", "t.[Type]"],
  ["queues", "Queue", `COALESCE(t.[QueueName], N'${rows.defaultQueue}')`],
] as const;

const ranges = [
  ["createdFrom", "CreatedFrom", "t.[CreatedAtUtc] >="],
  ["createdBefore", "CreatedBefore", "t.[CreatedAtUtc] <"],
  ["dueFrom", "DueFrom", "t.[DueAtUtc] >="],
  ["dueBefore", "DueBefore", "t.[DueAtUtc] <"],
  ["executedFrom", "ExecutedFrom", "t.[LastExecutionUtc] >="],
  ["executedBefore", "ExecutedBefore", "t.[LastExecutionUtc] <"],
] as const;

/** Compares by code points, regardless of the database's collation. */
const byCodePoints = "COLLATE Latin1_General_BIN2";

/** Conditions on the task `t`. */
export class Conditions {
  readonly parameters: Record<string, Parameter> = {};
  readonly #conditions: string[] = [];

  /** The conditions, each after AND, to append to other conditions. */
  get and(): string {
    return this.#conditions.map((condition) => `AND ${condition}`).join(" ");
  }

  /** The conditions as a clause; empty without conditions. */
  get where(): string {
    return this.#conditions.length === 0 ? "" : `WHERE ${this.#conditions.join(" AND ")}`;
  }

  /** Adds a condition and its parameter. */
  add(parameter: string, value: Parameter, condition: string): void {
    this.parameters[parameter] = value;
    this.#conditions.push(condition);
  }

  /** Adds the condition `recurring` of a filter. */
  addRecurring({ recurring }: TaskFilter): void {
    // The value is no parameter, because the server uses the filtered index of series only if the
    // statement's text has the condition of the index.
    if (recurring !== undefined) this.#conditions.push(`t.[IsRecurring] = ${recurring ? 1 : 0}`);
  }

  /** Adds the conditions of a filter, except `recurring`. */
  addFilter(filter: TaskFilter): void {
    const { ids, taskKey, taskKeyPrefix, exceptionContains } = filter;
    if (ids !== undefined) this.#addOneOf("Id", "t.[Id]", ids.map(id));
    for (const [member, parameter, expression] of textColumns) {
      const values = filter[member]?.map((value) => storedName(value));
      if (values !== undefined) this.#addOneOf(parameter, `${expression} ${byCodePoints}`, values);
    }
    for (const [index, tag] of (filter.tags ?? []).entries()) {
      const condition = `EXISTS (SELECT 1 FROM [EverTask].[TaskTags] AS o
        WHERE o.[Tag] = @Tag${index} AND o.[IdOrder] = t.[IdOrder])`;
      this.add(`Tag${index}`, tagParameter(tag), condition);
    }
    if (taskKey !== undefined) {
      this.add(
        "TaskKey",
        storedName(taskKey),
        "t.[TaskKey] = @TaskKey AND t.[TaskKey] IS NOT NULL",
      );
    }
    if (taskKeyPrefix !== undefined) {
      const condition = `CHARINDEX(@Prefix ${byCodePoints}, t.[TaskKey] ${byCodePoints}) = 1`;
      this.add("Prefix", text(toStored(taskKeyPrefix)), condition);
    }
    if (exceptionContains !== undefined) {
      const condition = `CHARINDEX(@Part ${byCodePoints}, t.[Exception] ${byCodePoints}) > 0`;
      this.add("Part", text(toStored(exceptionContains)), condition);
    }
    const inPayload = payloadPart(filter);
    if (inPayload !== undefined) {
      const condition = `CHARINDEX(@InPayload ${byCodePoints}, t.[Request] ${byCodePoints}) > 0`;
      this.add("InPayload", text(toStored(inPayload)), condition);
    }
    for (const [member, parameter, comparison] of ranges) {
      const bound = filter[member];
      if (bound === undefined) continue;
      this.add(parameter, instant(toDate(bound)), `${comparison} @${parameter}`);
    }
  }

  #addOneOf(prefix: string, expression: string, values: readonly Parameter[]): void {
    const members = values.map((value, index) => {
      this.parameters[`${prefix}${index}`] = value;
      return `@${prefix}${index}`;
    });
    this.#conditions.push(
      `${expression} IN (${members.length === 0 ? "NULL" : members.join(", ")})`,
    );
  }
}

/** Returns a tag as a parameter. */
export function tagParameter(tag: string): Parameter {
  return name(storedTag(tag), nameLengths.tag);
}

function storedName(value: string): Parameter {
  return name(toStoredName(value, "filter", 4000), 4000);
}
