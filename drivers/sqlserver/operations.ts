// Implements editTasks with one call per batch. Sends the rows in the order in which the server
// locks them.

import { inLockOrder } from "../../src/storage/kit/lock_order.ts";
import type { TasksEdit, TasksEdited } from "../../src/storage/requests.ts";
import { actionParameters, nextLength } from "./actions.ts";
import * as batches from "./batches.ts";
import type { SqlServerDatabase } from "./database.ts";
import { lockKey } from "./lock_key.ts";
import { bigInt, bit, name } from "./mssql.ts";
import { truth } from "./rows.ts";

/** Implements {@linkcode Storage.editTasks}. */
export async function editTasks(
  database: SqlServerDatabase,
  { edits, action, batch }: TasksEdit,
): Promise<TasksEdited> {
  let actionId: string | null = null;
  const call = async (sorted: TasksEdit["edits"]) => {
    const [noted, applied] = await database.call("usp_EditTasks", {
      Edits: batches.taskEdits(sorted),
      ...actionParameters(action),
      IsBatch: bit(batch !== undefined),
      ContinuesId: bigInt(batch?.continues == null ? null : Number(batch.continues.actionId)),
      ContinuesNext: name(batch?.continues?.next ?? null, nextLength),
      Skipped: bigInt(batch?.skipped ?? 0),
      Next: name(batch?.next ?? null, nextLength),
    });
    const { ActionId } = noted![0]!;
    actionId = ActionId === null ? null : String(ActionId);
    return applied!.map(({ Applied }) => truth(Applied));
  };
  const applied = edits.length === 0
    ? await call([])
    : await inLockOrder(edits, ({ taskId }) => lockKey(taskId), call);
  return { actionId, applied };
}
