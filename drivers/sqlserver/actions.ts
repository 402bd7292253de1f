// Records and reads the actions of operators.

import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type {
  ActionFilter,
  NewOperatorAction,
  OperatorActionRecord,
} from "../../src/storage/requests.ts";
import type { SqlServerDatabase } from "./database.ts";
import { bigInt, int, name, type Parameter, type Parameters, text } from "./mssql.ts";
import { toOperatorAction } from "./rows.ts";
import { nameLengths, toStored, toStoredName } from "./text.ts";

/** The maximum length of a cursor. */
export const nextLength = 100;

/** Returns the parameters with which procedures record an action. */
export function actionParameters(action: NewOperatorAction): Parameters {
  const { verb, by, reason, target, before, after } = action;
  return {
    Verb: name(verb, nameLengths.verb),
    Actor: name(toStoredName(by, "by", nameLengths.actor), nameLengths.actor),
    Reason: text(toStored(reason)),
    TargetKind: name(target.kind, nameLengths.targetKind),
    Target: name(target.id === null ? null : storedTarget(target.id), nameLengths.queue),
    Before: text(toStored(before)),
    After: text(toStored(after)),
  };
}

function storedTarget(id: string): string {
  return toStoredName(id, "target", nameLengths.queue);
}

const columns = "[Id], [AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], " +
  "[After], [Changed], [Skipped], [Next]";

/** Implements {@linkcode Storage.operatorActions}. */
export async function operatorActions(
  database: SqlServerDatabase,
  filter: ActionFilter = {},
  page: PageRequest = {},
): Promise<Page<OperatorActionRecord>> {
  const limit = pageLimit(page);
  const below = pageStart(page);
  const { by, verbs, taskId, queue } = filter;
  const parameters: Record<string, Parameter> = { Rows: int(limit + 1) };
  const conditions: string[] = [];
  const add = (condition: string, parameter: string, value: Parameter) => {
    conditions.push(condition);
    parameters[parameter] = value;
  };
  if (below > 0) add("[Id] < @Below", "Below", bigInt(below));
  if (by !== undefined) {
    const actor = toStoredName(by, "filter.by", nameLengths.actor);
    add("[Actor] = @Actor", "Actor", name(actor, nameLengths.actor));
  }
  for (const [kind, id] of [["task", taskId], ["queue", queue]] as const) {
    if (id === undefined) continue;
    const condition = `[TargetKind] = N'${kind}' AND [Target] = @${kind} AND [Target] IS NOT NULL`;
    add(condition, kind, name(storedTarget(id), nameLengths.queue));
  }
  if (verbs !== undefined) {
    const names = verbs.map((verb, index) => {
      parameters[`Verb${index}`] = name(verb, nameLengths.verb);
      return `@Verb${index}`;
    });
    conditions.push(`[Verb] IN (${names.length === 0 ? "NULL" : names.join(", ")})`);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const [found] = await database.query(
    `SELECT TOP (@Rows) ${columns} FROM [EverTask].[OperatorActions] ${where} ORDER BY [Id] DESC;`,
    parameters,
  );
  return toPage(found!, limit, toOperatorAction, (row) => String(row.Id));
}
