// Searching and counting tasks. A search reads by the index on IdOrder, or by that of series. A
// filter that may read many rows without a match stops after a number of rows.

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
import { readsInVain } from "../../src/storage/task_filter.ts";
import type { SqlServerDatabase } from "./database.ts";
import { toDate } from "./instants.ts";
import { id, instant, int, name, type Parameter, text } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";
import { toStored, toStoredName } from "./text.ts";

/** {@linkcode Storage.list}. */
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

/** {@linkcode Storage.count}. */
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

/** Texts are compared by code points, regardless of the database's collation. */
const byCodePoints = "COLLATE Latin1_General_BIN2";

/** A search in the making: its conditions and their parameters. */
class Search {
  readonly #database: SqlServerDatabase;
  readonly #filter: TaskFilter;
  readonly #oldestFirst: boolean;
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
    if (after !== undefined) this.#addId(oldestFirst ? ">" : "<", "After", after);
    // No parameter: the filtered index of the series is used where the text says that it holds
    // them.
    const { recurring } = filter;
    if (recurring !== undefined) this.#conditions.push(`t.[IsRecurring] = ${recurring ? 1 : 0}`);
  }

  /** Finds at most `most` tasks, among the next ones that one call may read. */
  async run(columns: string, most: number): Promise<{ found: Row[]; lastRead: string | null }> {
    const lastRead = readsInVain(this.#filter) ? await this.#lastRead() : null;
    if (lastRead !== null) this.#addId(this.#oldestFirst ? "<=" : ">=", "LastRead", lastRead);
    this.#addFilter();
    const query = `SELECT TOP (@Rows) ${columns} ${this.#from()};`;
    const parameters = { ...this.#parameters, Rows: int(most) };
    const [found] = await this.#database.query(query, parameters, true);
    return { found: [...found!], lastRead };
  }

  /** The last task that this call may read; null if there are fewer. */
  async #lastRead(): Promise<string | null> {
    const query = `SELECT t.[Id] ${this.#from()} OFFSET @Skipped ROWS FETCH NEXT 1 ROWS ONLY;`;
    const parameters = { ...this.#parameters, Skipped: int(mostRowsRead - 1) };
    const [found] = await this.#database.query(query, parameters, true);
    return found![0] === undefined ? null : rows.id(found![0].Id);
  }

  #from(): string {
    const conditions = this.#conditions;
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    return `FROM [EverTask].[QueuedTasks] AS t ${where}
      ORDER BY t.[IdOrder] ${this.#oldestFirst ? "ASC" : "DESC"}`;
  }

  /** Adds what the filter says, except for `recurring`. */
  #addFilter(): void {
    const { ids, taskKey, taskKeyPrefix, exceptionContains } = this.#filter;
    if (ids !== undefined) this.#addOneOf("Id", "t.[Id]", ids.map(id));
    for (const [member, parameter, expression] of textColumns) {
      const values = this.#filter[member]?.map((value) => storedName(value));
      if (values !== undefined) this.#addOneOf(parameter, `${expression} ${byCodePoints}`, values);
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

  #add(parameter: string, value: Parameter, condition: string): void {
    this.#parameters[parameter] = value;
    this.#conditions.push(condition);
  }

  #addId(comparison: string, parameter: string, value: string): void {
    const place = idOrder(`@${parameter}`, this.#database.isBabelfish);
    this.#add(parameter, id(value), `t.[IdOrder] ${comparison} ${place}`);
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

function storedName(value: string): Parameter {
  return name(toStoredName(value, "filter", 4000), 4000);
}

/** What the column IdOrder has for an id: the expression of 0001_tables.sql. */
function idOrder(id: string, isBabelfish: boolean): string {
  if (isBabelfish) return `CAST(CAST(${id} AS char(36)) AS binary(36))`;
  const bytes = [4, 3, 2, 1, 6, 5, 8, 7].map((byte) =>
    `SUBSTRING(CONVERT(binary(16), ${id}), ${byte}, 1)`
  );
  return `CONVERT(binary(16), ${bytes.join(" + ")} + SUBSTRING(CONVERT(binary(16), ${id}), 9, 8))`;
}
