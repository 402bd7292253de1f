// `evertask failures`, `limits` and `actions`.

import type { OperatorAction } from "../../operate/actions.ts";
import type { LimitOverview } from "../../operate/limit_overview.ts";
import type { FailureGroup } from "../../storage/work_reports.ts";
import { operatorVerbs } from "../../storage/operation_requests.ts";
import type { OperatorVerb } from "../../storage/requests.ts";
import type { Dated } from "../../time/dated.ts";
import { type Call, type Command, listOption, textOption } from "../frame/command.ts";
import type { Page, PageRequest } from "../../storage/queries.ts";
import { sparkline } from "../text/spark.ts";
import type { Column } from "../text/table.ts";
import { distanceWords, numberWords } from "../text/words.ts";
import { operatorOf, operatorOptions } from "./operator.ts";
import { cutNote, type ListEnd, pageOptions, rangeOf, readPages } from "./paging.ts";

/** Formats an instant for a person, or for a program. */
type When = (instant: Date) => string;

/** Prints a list, which is read page by page. */
async function printList<T>(
  call: Call,
  columns: (when: When) => Column<T>[],
  read: (page: PageRequest) => Promise<Page<T>>,
  none: string,
): Promise<number> {
  const { values, print, host } = call;
  const now = host.clock.now();
  const end: ListEnd = { next: null };
  const when: When = (instant) =>
    print.isForPerson ? distanceWords(instant, now) : instant.toISOString();
  const count = await print.items(columns(when), readPages(rangeOf(values), read, end));
  const note = count === 0 ? none : cutNote(end);
  if (note !== null) await print.note(note);
  return count;
}

const hourMs = 3_600_000;

/** The number of hours whose failures are shown. */
const shownHours = 24;

function failureColumns(
  when: When,
  from: number,
  isForPerson: boolean,
): Column<Dated<FailureGroup>>[] {
  return [
    { title: "COUNT", text: ({ count }) => numberWords(count), isRight: true },
    {
      title: `LAST ${shownHours} H`,
      text: ({ counts }) => isForPerson ? chartOf(counts, from) : `${sumOf(counts)}`,
      rank: 2,
    },
    { title: "LAST", text: ({ lastAt }) => when(lastAt) },
    { title: "FIRST", text: ({ firstAt }) => when(firstAt), rank: 1 },
    { title: "VERSION", text: versionsOf, canCut: true, rank: 3 },
    { title: "TYPE", text: ({ type }) => type, canCut: true },
    { title: "ERROR", text: ({ summary }) => summary.split("\n", 1)[0]!, canCut: true },
    { title: "LAST TASK", text: ({ taskId }) => taskId, rank: 4 },
  ];
}

type Counts = Dated<FailureGroup>["counts"];

function chartOf(counts: Counts, from: number): string {
  const hours = Array<number>(shownHours).fill(0);
  for (const { startAt, count } of counts) hours[(startAt.getTime() - from) / hourMs] = count;
  return sparkline(hours);
}

function sumOf(counts: Counts): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** Returns the versions that failed first and last: `2.4.0`, `2.4.0 - 2.4.1` or `? - 2.4.1`. */
function versionsOf({ firstVersion, lastVersion }: Dated<FailureGroup>): string {
  if (firstVersion === lastVersion) return firstVersion ?? "";
  return `${firstVersion ?? "?"} - ${lastVersion ?? "?"}`;
}

export const failures: Command = {
  name: "failures",
  summary: "List groups of failures, the latest first",
  about:
    `The chart has a bar for each of the last ${shownHours} hours. VERSION has the versions of the
application that failed first and last. The exit code is 1 if there are failures.`,
  options: pageOptions,
  examples: ["failures", "failures --json | jq .summary"],
  async run(call) {
    const { values, print, host } = call;
    rangeOf(values);
    const { operate } = await call.store();
    const from = (Math.floor(host.clock.now() / hourMs) - shownHours + 1) * hourMs;
    const span = {
      from: new Date(from),
      to: new Date(from + shownHours * hourMs),
      step: "hour",
    } as const;
    const read = (page: PageRequest) => operate.failures.list({ ...page, ...span });
    const columns = (when: When) => failureColumns(when, from, print.isForPerson);
    const count = await printList(call, columns, read, "No task has failed.");
    return count > 0 ? 1 : 0;
  },
};

const limitColumns = (when: When): Column<LimitOverview>[] => [
  { title: "TYPE", text: ({ type }) => type, canCut: true },
  { title: "KEY", text: ({ key }) => key, canCut: true },
  {
    title: "WAITING",
    text: ({ waiting }) => waiting === null ? "?" : numberWords(waiting),
    isRight: true,
  },
  { title: "NEXT", text: ({ nextSlotAt }) => nextSlotAt === null ? "?" : when(nextSlotAt) },
  { title: "RESERVED UNTIL", text: ({ reservedUntilAt }) => when(reservedUntilAt), rank: 1 },
  { title: "RUNS UNTIL", text: ({ startedUntilAt }) => when(startedUntilAt), rank: 1 },
];

export const limitsList: Command = {
  name: "limits list",
  isDefault: true,
  summary: "List the budgets of rate limits that are in use, by key",
  options: pageOptions,
  examples: ["limits", "limits list --limit all"],
  async run(call) {
    rangeOf(call.values);
    const { operate } = await call.store();
    const read = (page: PageRequest) => operate.limits(page);
    await printList(call, limitColumns, read, "No rate limit is in use.");
    return 0;
  },
};

export const limitsRelease: Command = {
  name: "limits release",
  summary: "Give back the budget of a rate limit, so that its next tasks run at once",
  args: "TYPE [KEY]",
  argCount: [1, 2],
  about: "TYPE and KEY are those of the list. Leave out KEY for a limit without keys.",
  options: operatorOptions,
  examples: ['limits release email tenant-42 --reason "the provider agreed"'],
  endsItself: true,
  async run({ args, values, print, store, host }) {
    const [type, key = ""] = args as [string, string?];
    const limit = { type, key };
    const isThere = await (await store()).operate.releaseLimit(limit, operatorOf(values, host));
    const name = key === "" ? type : `${type} ${key}`;
    if (print.isJson) await print.json({ ...limit, applied: isThere });
    else if (isThere) await print.text(`${name} released`);
    else await print.warn(`The rate limit of ${name} has no budget in use.`);
    return isThere ? 0 : 1;
  },
};

const actionColumns = (when: When): Column<OperatorAction>[] => [
  { title: "WHEN", text: ({ doneAt }) => when(doneAt) },
  { title: "BY", text: ({ by }) => by, canCut: true },
  { title: "ACTION", text: ({ verb }) => verb },
  { title: "CHANGED", text: ({ changed }) => numberWords(changed), isRight: true },
  { title: "ON", text: ({ target }) => target.id ?? target.kind, canCut: true, rank: 2 },
  { title: "REASON", text: ({ reason }) => reason ?? "", canCut: true, rank: 1 },
  { title: "TO CONTINUE", text: ({ next }) => next === null ? "" : `--resume ${next}`, rank: 3 },
];

export const actions: Command = {
  name: "actions",
  summary: "List what operators did, the latest first",
  options: {
    by: { value: "NAME", help: "By this operator" },
    verb: { value: "VERB", isList: true, choices: operatorVerbs, help: "Of one of these kinds" },
    task: { value: "ID", help: "On this task or series" },
    queue: { value: "QUEUE", help: "On this queue" },
    ...pageOptions,
  },
  examples: ["actions", "actions --verb cancel,delete --limit 20"],
  async run(call) {
    const { values } = call;
    rangeOf(values);
    const [by, taskId, queue] = ["by", "task", "queue"].map((name) => textOption(values, name));
    const verbs = listOption(values, "verb") as readonly OperatorVerb[] | undefined;
    const filter = {
      ...by !== undefined && { by },
      ...verbs !== undefined && { verbs },
      ...taskId !== undefined && { taskId },
      ...queue !== undefined && { queue },
    };
    const { operate } = await call.store();
    const read = (page: PageRequest) => operate.actions.list(filter, page);
    await printList(call, actionColumns, read, "No operator has changed anything that matches.");
    return 0;
  },
};
