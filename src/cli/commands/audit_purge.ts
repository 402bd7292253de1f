// `evertask audit purge`: deletes old history, batch by batch.

import { nextMacrotask } from "../../time/macrotask.ts";
import type { RetentionPolicy } from "../../storage/retention.ts";
import { type Call, type Command, type ExitCode, textOption } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";
import { Progress } from "../text/progress.ts";
import { countFields, policyOf, policyOptions } from "./audit.ts";
import { operatorOf, operatorOptions } from "./operator.ts";

/** Purges until nothing is left. An interruption ends the purge after the current batch. */
async function purge(call: Call, policy: RetentionPolicy): Promise<ExitCode> {
  const { values, host, print } = call;
  const operator = operatorOf(values, host);
  const { operate } = await call.store();
  const progress = new Progress(host.stderr, "rows", null, print.isForPerson);
  const counts = { statusAudit: 0, runsAudit: 0, executionLog: 0, operatorActions: 0, tasks: 0 };
  let next = textOption(values, "resume") ?? null;
  let busy = false;
  let actionId: string | null = null;
  do {
    const batch = await operate.purge(policy, { ...operator, ...next !== null && { after: next } });
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += batch[name];
    busy = batch.busy;
    next = batch.next;
    actionId = batch.actionId ?? actionId;
    await progress.show(Object.values(counts).reduce((sum, count) => sum + count, 0));
    // SQLite works synchronously. Without a turn of the event loop, no signal would arrive.
    await new Promise<void>(nextMacrotask);
  } while (next !== null && !busy && !host.interrupted.aborted);
  await progress.end();
  if (print.isJson) await print.json({ ...counts, busy, next, actionId });
  else {
    await print.title("Deleted:");
    await print.fields(countFields(counts));
  }
  if (busy) {
    await print.warn("Another process is purging: nothing more was deleted. Try again later.");
  } else if (next !== null) {
    await print.warn(`Interrupted. To continue, call the same command with: --resume ${next}`);
  }
  return busy || next !== null ? 1 : 0;
}

export const auditPurge: Command = {
  name: "audit purge",
  summary: "Delete old rows of the audit and of the log",
  about:
    `It deletes in small transactions, which leave room for tasks. It asks first, or needs --yes. After
Ctrl-C, the command that continues is shown.`,
  options: {
    yes: { help: "Do not ask" },
    resume: { value: "CURSOR", help: "Continue a purge that was interrupted" },
    ...policyOptions,
    ...operatorOptions,
  },
  examples: ["audit purge --status-days 30 --log-days 7 --yes"],
  endsItself: true,
  async run(call) {
    const policy = policyOf(call.values);
    if (!call.values.yes && call.values.resume === undefined) {
      const answer = await call.host.ask("Delete these rows? [y/N] ");
      if (answer === null) throw new UsageError("audit purge deletes rows: add --yes.");
      if (!/^y(es)?$/i.test(answer.trim())) {
        await call.print.note("Nothing was deleted.");
        return 1;
      }
    }
    return await purge(call, policy);
  },
};
