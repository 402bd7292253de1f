// Implements persist with one call. Tasks with tags need a second call in the same transaction.

import type { NewTask, PersistResult } from "../../src/storage/requests.ts";
import * as batches from "./batches.ts";
import type { SqlServerDatabase } from "./database.ts";
import * as rows from "./rows.ts";

/** Stores new tasks; see `Storage.persist`. */
export async function persist(
  database: SqlServerDatabase,
  tasks: readonly NewTask[],
  connection: unknown,
): Promise<PersistResult[]> {
  const store = async (connection: unknown) => {
    const parameters = { Tasks: batches.newTasks(tasks) };
    const [found] = await database.call("usp_PersistTasks", parameters, connection);
    return found!.map(({ Id, Outcome, Claimed }) => ({
      id: rows.id(Id),
      outcome: Outcome as PersistResult["outcome"],
      claimed: rows.truth(Claimed),
    }));
  };
  if (tasks.every(({ tags }) => tags.length === 0)) return await store(connection);
  return await database.together(async (transaction) => {
    const results = await store(transaction);
    const tagsOf = tagsToStore(tasks, results);
    if (tagsOf.size === 0) return results;
    await database.call("usp_TagTasks", { Tags: batches.taskTags(tagsOf) }, transaction);
    return results;
  }, connection);
}

/**
 * Returns the tags to store. If several tasks have the same row, the last task that changed the row
 * sets its tags.
 */
function tagsToStore(tasks: readonly NewTask[], results: readonly PersistResult[]) {
  const tagsOf = new Map<string, readonly string[]>();
  for (const [index, { id, outcome }] of results.entries()) {
    if (outcome === "updated" || (outcome === "created" && !tagsOf.has(id))) {
      tagsOf.set(id, tasks[index]!.tags);
    }
  }
  return new Map([...tagsOf].filter(([, tags]) => tags.length > 0));
}
