// Checks the history of a soak. It is too long to be checked at once, so the tasks are checked in
// groups, with everything that happened to them. Only the rules about rate limits are checked at
// once, because the tasks of all groups share the limits.

import { checkHistory, rules } from "../../src/testing/checker/check_history.ts";
import type { FinalTask, HistoryEntry } from "../../src/testing/checker/history.ts";
import { limitRules } from "../../src/testing/checker/limit_rules.ts";
import type { JournalRow } from "../histories/journal_rows.ts";
import { journaledTasks } from "../histories/journal_tasks.ts";
import { mergeRecords } from "../histories/merge.ts";
import { readRecords } from "../histories/record_file.ts";

/** The number of tasks that are checked at once. */
const groupSize = 200;

const rulesOfTasks = rules.filter((rule) => !limitRules.includes(rule));

/** A task that becomes due within this time before the end may be left waiting. */
const leftMs = 20_000;

/**
 * Returns the promises that the history in a folder of records breaks, one violation per line.
 *
 * @param startsAt The beginning of the history, in epoch milliseconds.
 */
export function checkRecords(folder: string, startsAt: number): string[] {
  const journal = readJournal(`${folder}/journal`);
  const files = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".jsonl"));
  const records = files.map(({ name }) => (
    { instance: name.replace(".jsonl", ""), lines: readRecords(`${folder}/${name}`) }
  ));
  const { entries, names, unexplained } = mergeRecords(records, journal, startsAt);
  const tasks = journaledTasks(journal, names, startsAt);
  const endedBy = (entries.at(-1)?.at ?? 0) - leftMs;
  const whole = { startsAt, endedBy, isObserved: true, entries, tasks };
  const lines = groupsOf(tasks).flatMap((group) =>
    checkHistory({ ...whole, entries: entriesOf(group, entries), tasks: group }, rulesOfTasks)
  );
  lines.push(...checkHistory(whole, limitRules));
  // Ignore differences in keys: a later task, perhaps of another group, takes the key of an ended
  // one.
  const known = lines.filter((line) => !line.includes(": key is "));
  return [...new Set(known), ...unexplained.map((line) => `no process asked for it: ${line}`)];
}

function readJournal(path: string): JournalRow[] {
  const rows: JournalRow[] = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  return rows.sort((a, b) => a.seq - b.seq);
}

/** Groups tasks in the order of their creation; each series is a group of its own. */
function groupsOf(tasks: readonly FinalTask[]): FinalTask[][] {
  const groups = tasks.filter(({ series }) => series !== null).map((task) => [task]);
  const others = tasks.filter(({ series }) => series === null);
  for (let at = 0; at < others.length; at += groupSize) {
    groups.push(others.slice(at, at + groupSize));
  }
  return groups;
}

/** The entries about tasks, about processes, and about rate limits at the time of these tasks. */
function entriesOf(tasks: readonly FinalTask[], entries: readonly HistoryEntry[]): HistoryEntry[] {
  const names = new Set(tasks.map(({ task }) => task));
  const isOwn = (entry: HistoryEntry) =>
    "task" in entry && entry.task !== null && names.has(entry.task);
  const first = entries.find(isOwn)?.at ?? 0;
  const last = entries.findLast(isOwn)?.at ?? 0;
  return entries.filter((entry) => {
    if (entry.kind === "slotTaken") return first <= entry.at && entry.at <= last;
    if (entry.kind === "asked") return false; // its answer may be about another task
    return entry.kind === "process" || entry.kind === "releasedUnknown" || isOwn(entry);
  });
}
