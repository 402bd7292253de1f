// Reports of workers in memory, for stores that keep everything there.

import { checkList, checkNumber, checkOptions, checkText } from "../../guards/argument_checks.ts";
import type { OptionNames } from "../../guards/option_names.ts";
import { failurePage } from "../paging.ts";
import type { Page, PageRequest } from "../queries.ts";
import {
  type ActivityPoint,
  type ActivityRequest,
  addFigures,
  checkActivityRequest,
  type FailureCount,
  type FailureGroup,
  type FailureReport,
  type FailureSpan,
  groupsOf,
  type ReportRetention,
  type WorkReport,
} from "../work_reports.ts";

const hourMs = 3_600_000;

/** The figures of one worker in a minute, or of all workers in an hour. */
interface Row {
  readonly at: number;
  readonly type: string;
  readonly queue: string;
  readonly figures: readonly number[];
}

/** Keeps reports. */
export class ReportBook {
  readonly #minutes = new Map<string, Row>();
  readonly #hours = new Map<string, Row>();
  readonly #failures = new Map<string, FailureGroup>();

  /**
   * Stores a report; see {@linkcode Storage.reportWork}.
   *
   * @param now Epoch milliseconds.
   * @throws {InvalidArgumentError} If an argument or a member of the report has the wrong type.
   */
  report(report: WorkReport, now: number): void {
    checkReport(report);
    checkNumber(now, "now");
    const { source, activity, retention } = report;
    for (const { at, type, queue, figures } of activity) {
      const row = { at, type: type.toWellFormed(), queue: queue.toWellFormed(), figures };
      this.#minutes.set(JSON.stringify([source, at, row.type, row.queue]), row);
    }
    for (const group of groupsOf(report)) this.#addGroup(group);
    if (retention !== null) this.#tidy(retention, now);
  }

  /** Implements {@linkcode Storage.activity}. */
  activity(request: ActivityRequest): ActivityPoint[] {
    checkActivityRequest(request);
    const { from, to, stepMs, by } = request;
    const points = new Map<string, ActivityPoint & { readonly figures: number[] }>();
    for (const row of [...this.#minutes.values(), ...this.#hours.values()]) {
      if (row.at < from || row.at >= to) continue;
      const at = Math.floor(row.at / stepMs) * stepMs;
      const type = by.includes("type") ? row.type : null;
      const queue = by.includes("queue") ? row.queue : null;
      const key = JSON.stringify([at, type, queue]);
      let point = points.get(key);
      if (point === undefined) points.set(key, point = { at, type, queue, figures: [] });
      addFigures(point.figures, row.figures);
    }
    return [...points.values()].sort((a, b) =>
      a.at - b.at || compare(a.type, b.type) || compare(a.queue, b.queue)
    );
  }

  /** Implements {@linkcode Storage.failureGroups}. */
  failureGroups(request?: PageRequest, span?: FailureSpan): Page<FailureGroup> {
    const page = failurePage(request, span);
    const groups = [...this.#failures.values()]
      .sort((a, b) => b.lastAt - a.lastAt || -compare(a.id, b.id))
      .filter(({ lastAt, id }) =>
        page.after === null || lastAt < page.after.lastAt ||
        lastAt === page.after.lastAt && id < page.after.id
      );
    return page.of(
      groups.slice(0, page.limit + 1)
        .map((group) => ({ ...group, counts: countsIn(page.span, group.counts) })),
    );
  }

  #addGroup(group: FailureGroup): void {
    const { id, type, summary, taskId, exception } = group;
    const known = this.#failures.get(id) ?? { ...group, count: 0, counts: [] };
    const first = group.firstAt < known.firstAt ? group : known;
    const last = group.lastAt < known.lastAt ? known : group;
    this.#failures.set(id, {
      id,
      type: type.toWellFormed(),
      summary: summary.toWellFormed(),
      count: known.count + group.count,
      firstAt: first.firstAt,
      lastAt: last.lastAt,
      firstVersion: first.firstVersion?.toWellFormed() ?? null,
      lastVersion: last.lastVersion?.toWellFormed() ?? null,
      taskId,
      exception: exception.toWellFormed(),
      counts: sumUp([...known.counts, ...group.counts], hourMs),
    });
  }

  #tidy({ minutesMs, hoursMs, failuresMs }: ReportRetention, now: number): void {
    for (const [key, row] of this.#minutes) {
      if (row.at >= now - minutesMs) continue;
      this.#minutes.delete(key);
      const at = Math.floor(row.at / hourMs) * hourMs;
      const hour = JSON.stringify([at, row.type, row.queue]);
      const figures = [...this.#hours.get(hour)?.figures ?? []];
      addFigures(figures, row.figures);
      this.#hours.set(hour, { ...row, at, figures });
    }
    for (const [key, { at }] of this.#hours) if (at < now - hoursMs) this.#hours.delete(key);
    for (const [id, group] of this.#failures) {
      const counts = group.counts.filter(({ startAt }) => startAt >= now - failuresMs);
      if (group.lastAt < now - failuresMs) this.#failures.delete(id);
      else this.#failures.set(id, { ...group, counts });
    }
  }
}

/** Returns the counts in a span, in its steps. */
function countsIn(span: FailureSpan | null, hours: readonly FailureCount[]): FailureCount[] {
  if (span === null) return [];
  const { from, to, stepMs } = span;
  return sumUp(hours.filter(({ startAt }) => startAt >= from && startAt < to), stepMs);
}

/** Adds up counts to steps, oldest first. */
function sumUp(counts: readonly FailureCount[], stepMs: number): FailureCount[] {
  const steps = new Map<number, number>();
  for (const { startAt, count } of counts) {
    const step = Math.floor(startAt / stepMs) * stepMs;
    steps.set(step, (steps.get(step) ?? 0) + count);
  }
  return [...steps].sort(([a], [b]) => a - b).map(([startAt, count]) => ({ startAt, count }));
}

function compare(a: string | null, b: string | null): number {
  if (a === b || a === null || b === null) return 0;
  return a < b ? -1 : 1;
}

function checkReport(report: WorkReport): void {
  checkOptions(report, reportMembers, "report");
  const { source, version, activity, failures, retention } = report;
  checkText(source, "source");
  if (version !== null) checkText(version, "version");
  checkList(activity, "activity");
  for (const minute of activity) {
    checkOptions(minute, { at: true, type: true, queue: true, figures: true }, "activity");
    checkNumber(minute.at, "at");
    checkText(minute.type, "type");
    checkText(minute.queue, "queue");
    checkList(minute.figures, "figures");
  }
  checkList(failures, "failures");
  for (const failure of failures) {
    checkOptions(failure, failureMembers, "failures");
    for (const name of ["count", "firstAt", "lastAt"] as const) checkNumber(failure[name], name);
    for (const name of failureTexts) checkText(failure[name], name);
  }
  if (retention === null) return;
  checkOptions(retention, { minutesMs: true, hoursMs: true, failuresMs: true }, "retention");
}

const reportMembers: OptionNames<WorkReport> = {
  source: true,
  version: true,
  activity: true,
  failures: true,
  retention: true,
};
const failureTexts = ["group", "type", "summary", "taskId", "exception"] as const;
const failureMembers: OptionNames<FailureReport> = {
  group: true,
  type: true,
  summary: true,
  count: true,
  firstAt: true,
  lastAt: true,
  taskId: true,
  exception: true,
};
