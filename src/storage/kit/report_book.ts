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
  type FailureGroup,
  type FailureReport,
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
    const { source, activity, failures, retention } = report;
    for (const { at, type, queue, figures } of activity) {
      const row = { at, type: type.toWellFormed(), queue: queue.toWellFormed(), figures };
      this.#minutes.set(JSON.stringify([source, at, row.type, row.queue]), row);
    }
    for (const failure of failures) this.#addFailure(failure);
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
  failureGroups(request?: PageRequest): Page<FailureGroup> {
    const page = failurePage(request);
    const groups = [...this.#failures.values()]
      .sort((a, b) => b.lastAt - a.lastAt || -compare(a.id, b.id))
      .filter(({ lastAt, id }) =>
        page.after === null || lastAt < page.after.lastAt ||
        lastAt === page.after.lastAt && id < page.after.id
      );
    return page.of(groups.slice(0, page.limit + 1));
  }

  #addFailure({ group: id, count, firstAt, lastAt, ...latest }: FailureReport): void {
    const known = this.#failures.get(id);
    this.#failures.set(id, {
      id,
      type: latest.type.toWellFormed(),
      summary: latest.summary.toWellFormed(),
      count: count + (known?.count ?? 0),
      firstAt: Math.min(firstAt, known?.firstAt ?? firstAt),
      lastAt: Math.max(lastAt, known?.lastAt ?? lastAt),
      taskId: latest.taskId,
      exception: latest.exception.toWellFormed(),
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
    for (const [id, { lastAt }] of this.#failures) {
      if (lastAt < now - failuresMs) this.#failures.delete(id);
    }
  }
}

function compare(a: string | null, b: string | null): number {
  if (a === b || a === null || b === null) return 0;
  return a < b ? -1 : 1;
}

function checkReport(report: WorkReport): void {
  checkOptions(report, { source: true, activity: true, failures: true, retention: true }, "report");
  const { source, activity, failures, retention } = report;
  checkText(source, "source");
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
