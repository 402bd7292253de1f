// Searches and counts tasks. A search reads by the index on IdOrder, by that of series, or by the
// tasks of a tag. A search that may read many rows without a match stops after a number of rows.

import {
  countStart,
  mostRowsRead,
  type TaskPageStart,
  taskPageStart,
  toPartialCount,
  toTaskPage,
} from "../../src/storage/paging.ts";
import type {
  CountRequest,
  PartialCount,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "../../src/storage/queries.ts";
import { readsInVain, tagToRead } from "../../src/storage/task_filter.ts";
import { storedTag } from "./batches.ts";
import type { SqlServerDatabase } from "./database.ts";
import { idOrder } from "./id_order.ts";
import { toDate } from "./instants.ts";
import { id, instant, int, name, type Parameter, text } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";
import { nameLengths, toStored, toStoredName } from "./text.ts";

/** Implements {@linkcode Storage.list}. */
export async function listTasks(
  database: SqlServerDatabase,
  filter: TaskFilter,
  page: TaskPageRequest,
): Promise<TaskPage> {
  const start = taskPageStart(page);
  const search = new Search(database, filter, start);
  const { found, lastRead } = await search.run(rows.taskColumns, start.limit + 1);
  return toTaskPage(found, start.limit, rows.toTaskRecord, lastRead);
}

/** Implements {@linkcode Storage.count}. */
export async function countTasks(
  database: SqlServerDatabase,
  filter: TaskFilter,
  request: CountRequest,
): Promise<PartialCount> {
  const { cap, after } = countStart(request);
  const search = new Search(database, filter, { oldestFirst: false, after });
  const { found, lastRead } = await search.run("t.[Id]", cap + 1);
  return toPartialCount(found, cap, ({ Id }) => rows.id(Id), lastRead);
}

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

/** The rows to read, and the column with a task's id. */
interface Source {
  readonly source: string;
  readonly id: string;
  readonly hint: string;
}

const allTasks: Source = { source: "[EverTask].[QueuedTasks] AS t", id: "t.[Id]", hint: "" };
const tagsAlone: Source = { source: "[EverTask].[TaskTags] AS g", id: "g.[TaskId]", hint: "" };
const taggedTasks: Source = {
  source: `${tagsAlone.source} INNER JOIN ${allTasks.source} ON t.[Id] = g.[TaskId]`,
  id: tagsAlone.id,
  hint: "OPTION (LOOP JOIN, FORCE ORDER)",
};

/** Builds a search: its conditions and their parameters. */
class Search {
  readonly #database: SqlServerDatabase;
  readonly #filter: TaskFilter;
  readonly #oldestFirst: boolean;
  /** The tag whose tasks are read; undefined for all tasks. */
  readonly #tag: string | undefined;
  readonly #conditions: string[] = [];
  readonly #parameters: Record<string, Parameter> = {};

  constructor(
    database: SqlServerDatabase,
    filter: TaskFilter,
    { oldestFirst, after }: Pick<TaskPageStart, "oldestFirst" | "after">,
  ) {
    this.#database = database;
    this.#filter = filter;
    this.#oldestFirst = oldestFirst;
    this.#tag = tagToRead(filter);
    if (this.#tag !== undefined) this.#add("Tag", tagParameter(this.#tag), "g.[Tag] = @Tag");
    else this.#addRecurring();
    if (after !== undefined) this.#addId(oldestFirst ? ">" : "<", "After", after);
  }

  /** Finds at most `most` matching tasks among the rows that one call may read. */
  async run(columns: string, most: number): Promise<{ found: Row[]; lastRead: string | null }> {
    const lastRead = readsInVain(this.#filter) ? await this.#lastRead() : null;
    if (lastRead !== null) this.#addId(this.#oldestFirst ? "<=" : ">=", "LastRead", lastRead);
    if (this.#tag !== undefined) this.#addRecurring();
    this.#addFilter();
    const tasks = this.#tag === undefined ? allTasks : taggedTasks;
    const query = `SELECT TOP (@Rows) ${columns} ${this.#from(tasks)} ${tasks.hint};`;
    const parameters = { ...this.#parameters, Rows: int(most) };
    const [found] = await this.#database.query(query, parameters, true);
    return { found: [...found!], lastRead };
  }

  /** Returns the last task that this call may read; null if there are fewer. */
  async #lastRead(): Promise<string | null> {
    const tasks = this.#tag === undefined ? allTasks : tagsAlone;
    const query = `SELECT ${tasks.id} AS [Id] ${
      this.#from(tasks)
    } OFFSET @Skipped ROWS FETCH NEXT 1 ROWS ONLY;`;
    const parameters = { ...this.#parameters, Skipped: int(mostRowsRead - 1) };
    const [found] = await this.#database.query(query, parameters, true);
    return found![0] === undefined ? null : rows.id(found![0].Id);
  }

  #from({ source }: Source): string {
    const conditions = this.#conditions;
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    return `FROM ${source} ${where}
      ORDER BY ${this.#order} ${this.#oldestFirst ? "ASC" : "DESC"}`;
  }

  /** Adds the conditions of the filter, except `recurring`. */
  #addFilter(): void {
    const { ids, taskKey, taskKeyPrefix, exceptionContains } = this.#filter;
    if (ids !== undefined) this.#addOneOf("Id", "t.[Id]", ids.map(id));
    for (const [member, parameter, expression] of textColumns) {
      const values = this.#filter[member]?.map((value) => storedName(value));
      if (values !== undefined) this.#addOneOf(parameter, `${expression} ${byCodePoints}`, values);
    }
    for (const [index, tag] of (this.#filter.tags ?? []).entries()) {
      const condition = `EXISTS (SELECT 1 FROM [EverTask].[TaskTags] AS o
        WHERE o.[Tag] = @Tag${index} AND o.[IdOrder] = t.[IdOrder])`;
      this.#add(`Tag${index}`, tagParameter(tag), condition);
    }
    if (taskKey !== undefined) {
      this.#add(
        "TaskKey",
        storedName(taskKey),
        "t.[TaskKey] = @TaskKey AND t.[TaskKey] IS NOT NULL",
      );
    }
    if (taskKeyPrefix !== undefined) {
      const condition = `CHARINDEX(@Prefix ${byCodePoints}, t.[TaskKey] ${byCodePoints}) = 1`;
      this.#add("Prefix", text(toStored(taskKeyPrefix)), condition);
    }
    if (exceptionContains !== undefined) {
      const condition = `CHARINDEX(@Part ${byCodePoints}, t.[Exception] ${byCodePoints}) > 0`;
      this.#add("Part", text(toStored(exceptionContains)), condition);
    }
    for (const [member, parameter, comparison] of ranges) {
      const bound = this.#filter[member];
      if (bound === undefined) continue;
      this.#add(parameter, instant(toDate(bound)), `${comparison} @${parameter}`);
    }
  }

  /** The column by which the tasks are read. */
  get #order(): string {
    return this.#tag === undefined ? "t.[IdOrder]" : "g.[IdOrder]";
  }

  #addRecurring(): void {
    // Not a parameter, because the filtered index of series is used only if the text has its
    // condition.
    const { recurring } = this.#filter;
    if (recurring !== undefined) this.#conditions.push(`t.[IsRecurring] = ${recurring ? 1 : 0}`);
  }

  #add(parameter: string, value: Parameter, condition: string): void {
    this.#parameters[parameter] = value;
    this.#conditions.push(condition);
  }

  #addId(comparison: string, parameter: string, value: string): void {
    const place = idOrder(`@${parameter}`, this.#database.isBabelfish);
    this.#add(parameter, id(value), `${this.#order} ${comparison} ${place}`);
  }

  #addOneOf(prefix: string, expression: string, values: readonly Parameter[]): void {
    const members = values.map((value, index) => {
      this.#parameters[`${prefix}${index}`] = value;
      return `@${prefix}${index}`;
    });
    this.#conditions.push(
      `${expression} IN (${members.length === 0 ? "NULL" : members.join(", ")})`,
    );
  }
}

function tagParameter(tag: string): Parameter {
  return name(storedTag(tag), nameLengths.tag);
}

function storedName(value: string): Parameter {
  return name(toStoredName(value, "filter", 4000), 4000);
}
