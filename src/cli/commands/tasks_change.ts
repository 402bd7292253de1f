// `evertask tasks retry`, `run`, `cancel` and `delete`: for single tasks, or for all that match.

import { type Call, type Command, type ExitCode, textOption } from "../frame/command.ts";
import type { OperatedStore, TaskVerb } from "../frame/operated_store.ts";
import { UsageError } from "../frame/usage_error.ts";
import { changeAll, type VerbWords } from "./change_all.ts";
import { filterOf, filterOptions } from "./filter_options.ts";
import { operatorOf, operatorOptions } from "./operator.ts";

/** The greatest number of ids in the arguments. */
const mostIds = 1000;

async function changeEach(verb: TaskVerb, { past }: VerbWords, call: Call): Promise<ExitCode> {
  const { args, values, host, print } = call;
  const operator = operatorOf(values, host);
  const { operate } = await call.store();
  let code: ExitCode = 0;
  for (const id of args) {
    if (host.interrupted.aborted) return 1;
    const result = await operate.tasks[verb](id, operator);
    if (print.isJson) await print.json({ id, ...result });
    else if (result.applied) await print.text(`${id} ${past}`);
    else await print.warn(`${id} not ${past}: ${result.sentence}`);
    if (!result.applied) code = 1;
  }
  return code;
}

/** Asks whether to change the tasks that match. With --yes, returns true without a question. */
async function confirm(
  { operate }: OperatedStore,
  filter: ReturnType<typeof filterOf>,
  { plain }: VerbWords,
  { values, host }: Call,
): Promise<boolean> {
  if (values.yes) return true;
  const { count, exact } = await operate.tasks.count(filter);
  const tasks = `${exact ? "" : "at least "}${count} ${count === 1 ? "task" : "tasks"}`;
  const answer = await host.ask(`${plain} ${tasks}? [y/N] `);
  if (answer === null) {
    throw new UsageError(`--all would ${plain.toLowerCase()} ${tasks}: add --yes.`);
  }
  return /^y(es)?$/i.test(answer.trim());
}

/** Makes the command of a verb. */
function taskChange(verb: TaskVerb, summary: string, words: VerbWords, example: string): Command {
  return {
    name: `tasks ${words.command}`,
    summary,
    args: "[ID…]",
    argCount: [0, mostIds],
    about:
      `Name the tasks by their ids, or give --all with options that select tasks. --all asks first;
without a terminal, it needs --yes. It changes 200 tasks in each transaction. After Ctrl-C, it
prints the option that continues the change. "evertask actions" lists changes that are not
complete.`,
    options: {
      all: { help: "All tasks that match, instead of those with the ids" },
      yes: { help: "Do not ask" },
      "dry-run": { help: "With --all, only count" },
      resume: { value: "CURSOR", help: "With --all, continue a change that was interrupted" },
      ...filterOptions,
      ...operatorOptions,
    },
    examples: [
      `tasks ${words.command} 01a204c3-9e85-76f3-a637-c068a230efde`,
      `tasks ${words.command} ${example} --all --yes --reason "the server is back"`,
    ],
    endsItself: true,
    async run(call) {
      const { args, values, host } = call;
      const filter = filterOf(values, host.clock.now());
      const selects = Object.keys(filter).length > 0;
      if (!values.all) {
        if (args.length === 0) {
          throw new UsageError(
            "Name the ids of tasks, or give --all with options that select tasks.",
          );
        }
        const only = ["dry-run", "resume", "yes"].find((name) => values[name] !== undefined);
        if (selects || only !== undefined) {
          const option = only === undefined ? "Options that select tasks" : `--${only}`;
          throw new UsageError(
            `${option} needs --all, and no ids.`.replace("tasks needs", "tasks need"),
          );
        }
        return await changeEach(verb, words, call);
      }
      if (args.length > 0) throw new UsageError("Give either ids or --all.");
      if (!selects) {
        throw new UsageError("--all needs an option that selects tasks, such as --status Failed.");
      }
      const store = await call.store();
      const isDry = values["dry-run"] === true;
      const after = textOption(values, "resume");
      if (!isDry && after === undefined && !await confirm(store, filter, words, call)) {
        await call.print.note("Nothing was changed.");
        return 1;
      }
      return await changeAll(store, { verb, words, filter, isDry, after }, call);
    },
  };
}

export const tasksRetry = taskChange(
  "retry",
  "Run ended tasks again from the start",
  { command: "retry", plain: "Retry", past: "retried" },
  "--status Failed --error ECONNREFUSED",
);
export const tasksRun = taskChange(
  "runNow",
  "Make tasks due now; a series gets an extra run",
  { command: "run", plain: "Run", past: "made due" },
  "--status WaitingQueue --type report",
);
export const tasksCancel = taskChange(
  "cancel",
  "Cancel tasks; a series ends",
  { command: "cancel", plain: "Cancel", past: "cancelled" },
  "--queue mail --status WaitingQueue,Queued",
);
export const tasksDelete = taskChange(
  "delete",
  "Delete tasks that no worker holds, with their history",
  { command: "delete", plain: "Delete", past: "deleted" },
  "--status Completed --created-before 90d",
);
