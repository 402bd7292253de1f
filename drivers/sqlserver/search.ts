// Searches and counts tasks. A search reads the index on IdOrder, the index of series, or the tasks
// of a tag. A search that may read many rows without a match stops after `mostRead` rows.

import { countPage, matchingPage } from "../../src/storage/payload_search.ts";
import {
  countStart,
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
import { mostRead, tagToRead } from "../../src/storage/task_filter.ts";
import { Conditions, tagParameter } from "./conditions.ts";
import type { SqlServerDatabase } from "./database.ts";
import { idOrder } from "./id_order.ts";
import { id, int } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";

/** Implements {@linkcode Storage.list}. */
export async function listTasks(
  database: SqlServerDatabase,
  filter: TaskFilter,
  page: TaskPageRequest,
): Promise<TaskPage> {
  const start = taskPageStart(page);
  const search = new Search(database, filter, start);
  const { found, lastRead } = await search.run(rows.taskColumns, start.limit + 1);
  return matchingPage(toTaskPage(found, start.limit, rows.toTaskRecord, lastRead), filter);
}

/** Implements {@linkcode Storage.count}. */
export async function countTasks(
  database: SqlServerDatabase,
  filter: TaskFilter,
  request: CountRequest,
): Promise<PartialCount> {
  if (filter.payload !== undefined) {
    return await countPage(request, (page) => listTasks(database, filter, page));
  }
  const { cap, after } = countStart(request);
  const search = new Search(database, filter, { oldestFirst: false, after });
  const { found, lastRead } = await search.run("t.[Id]", cap + 1);
  return toPartialCount(found, cap, ({ Id }) => rows.id(Id), lastRead);
}

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
  readonly #where = new Conditions();

  constructor(
    database: SqlServerDatabase,
    filter: TaskFilter,
    { oldestFirst, after }: Pick<TaskPageStart, "oldestFirst" | "after">,
  ) {
    this.#database = database;
    this.#filter = filter;
    this.#oldestFirst = oldestFirst;
    this.#tag = tagToRead(filter);
    if (this.#tag === undefined) this.#where.addRecurring(filter);
    else this.#where.add("Tag", tagParameter(this.#tag), "g.[Tag] = @Tag");
    if (after !== undefined) this.#addId(oldestFirst ? ">" : "<", "After", after);
  }

  /** Finds at most `most` matching tasks among the rows that one call may read. */
  async run(columns: string, most: number): Promise<{ found: Row[]; lastRead: string | null }> {
    const mostRows = mostRead(this.#filter);
    const lastRead = mostRows === undefined ? null : await this.#lastRead(mostRows);
    if (lastRead !== null) this.#addId(this.#oldestFirst ? "<=" : ">=", "LastRead", lastRead);
    if (this.#tag !== undefined) this.#where.addRecurring(this.#filter);
    this.#where.addFilter(this.#filter);
    const tasks = this.#tag === undefined ? allTasks : taggedTasks;
    const query = `SELECT TOP (@Rows) ${columns} ${this.#from(tasks)} ${tasks.hint};`;
    const parameters = { ...this.#where.parameters, Rows: int(most) };
    const [found] = await this.#database.query(query, parameters, true);
    return { found: [...found!], lastRead };
  }

  /** Returns the last task that this call may read; null if there are fewer. */
  async #lastRead(mostRows: number): Promise<string | null> {
    const tasks = this.#tag === undefined ? allTasks : tagsAlone;
    const query = `SELECT ${tasks.id} AS [Id] ${
      this.#from(tasks)
    } OFFSET @Skipped ROWS FETCH NEXT 1 ROWS ONLY;`;
    const parameters = { ...this.#where.parameters, Skipped: int(mostRows - 1) };
    const [found] = await this.#database.query(query, parameters, true);
    return found![0] === undefined ? null : rows.id(found![0].Id);
  }

  #from({ source }: Source): string {
    return `FROM ${source} ${this.#where.where}
      ORDER BY ${this.#order} ${this.#oldestFirst ? "ASC" : "DESC"}`;
  }

  /** The column by which the tasks are read. */
  get #order(): string {
    return this.#tag === undefined ? "t.[IdOrder]" : "g.[IdOrder]";
  }

  #addId(comparison: string, parameter: string, value: string): void {
    const place = idOrder(`@${parameter}`, this.#database.isBabelfish);
    this.#where.add(parameter, id(value), `${this.#order} ${comparison} ${place}`);
  }
}
