// Restricts access to the store to what one user may see. Routes access the store only through a
// view, so that no route can bypass the user's filter, rights and redaction.

import { seenError, seenEvent, seenPayload, seenText } from "../access/seen_texts.ts";
import { isInScope, narrow } from "../access/task_scope.ts";
import type { TaskEvent, TaskEventFilter } from "../events/task_event.ts";
import type { OperatorAction } from "../operate/actions.ts";
import type { FailureListOptions } from "../operate/failures.ts";
import type { ActionFilter } from "../storage/requests.ts";
import type { AuthorizedUser } from "../access/authorize.ts";
import type { CountOptions, TaskCount } from "../operate/task_search.ts";
import type { Explanation, Reason } from "../operate/reason.ts";
import type { SchedulePreview } from "../operate/operated_series.ts";
import { sentenceOf } from "../operate/sentences.ts";
import type { RecurringInput } from "../schedule/builder.ts";
import type {
  HistoryPageRequest,
  Page,
  PageRequest,
  TaskFilter,
  TaskPageRequest,
} from "../storage/queries.ts";
import type { ExecutionLogRecord, RunsAuditRecord, StatusAuditRecord } from "../storage/records.ts";
import type { FailureGroup } from "../storage/work_reports.ts";
import type { Dated } from "../time/dated.ts";
import type { ApiSource, ApiTask, StoreSource } from "./source.ts";
import { NotAllowedError } from "./not_allowed.ts";
import { checkSearch } from "./search_check.ts";

/** A task as a user may see it. `payload` is null without the right to see payloads. */
export interface SeenTask extends Omit<ApiTask, "payload"> {
  readonly payload: string | null;
}

/** A page of records of a task; null if the user sees no such task. */
type PageOfTask<T> = Promise<Page<Dated<T>> | null>;

/** Reads a page of records of a task. */
type ReadPage<T> = (taskId: string, page: HistoryPageRequest) => Promise<Page<T>>;

/** The part of a store that one user may see. */
export class View {
  readonly #source: ApiSource;
  readonly #user: AuthorizedUser;

  constructor(source: ApiSource, user: AuthorizedUser) {
    this.#source = source;
    this.#user = user;
  }

  /**
   * The queries that summarize the whole store.
   *
   * @throws {NotAllowedError} If the user has a filter: the summaries include other tasks.
   */
  get store(): StoreSource {
    if (this.#user.filter === undefined) return this.#source;
    throw new NotAllowedError("This summarizes all tasks, and you may see only some of them.");
  }

  /** Returns the time of the store's clock. */
  now(): Promise<Date> {
    return this.#source.operate.now();
  }

  /** Returns a task; null if the user sees no such task. */
  async task(taskId: string): Promise<SeenTask | null> {
    const task = await this.#find(taskId);
    return task === null ? null : this.#seen(task);
  }

  /** Returns a page of matching tasks. */
  async search(filter: TaskFilter, page: TaskPageRequest) {
    this.#checkFilter(filter);
    const found = await this.#source.operate.tasks.search(this.#narrowed(filter), page);
    const { items, next, incomplete = false } = found;
    return { items: items.filter((task) => this.#sees(task)).map(this.#seen), next, incomplete };
  }

  /** Counts matching tasks. */
  count(filter: TaskFilter, options: CountOptions): Promise<TaskCount> {
    this.#checkFilter(filter);
    return this.#source.operate.tasks.count(this.#narrowed(filter), options);
  }

  /**
   * Explains why a task is not running; null if the user has a filter and does not see the task.
   */
  async explain(taskId: string): Promise<Explanation | null> {
    const task = await this.#find(taskId);
    if (task === null && this.#user.filter !== undefined) return null;
    const explanation = await this.#source.operate.explain(taskId);
    const type = task?.type ?? "";
    const reasons = explanation.reasons.map((reason) => this.#seenReason(reason, type));
    return { ...explanation, reasons };
  }

  /**
   * Returns the next runs of a series.
   *
   * @returns The runs; null if the stored schedule is unreadable; undefined if the user sees no
   * such series.
   */
  async nextRuns(taskId: string, count: number): Promise<readonly Date[] | null | undefined> {
    const task = await this.#find(taskId);
    return task?.series ? await this.#source.operate.nextRuns(task.id, count) : undefined;
  }

  /** Returns the sentence and the first runs of a schedule. Every user may see these. */
  preview(schedule: RecurringInput, count: number): Promise<SchedulePreview> {
    return this.#source.operate.series.preview(schedule, count);
  }

  /** Returns a page of a task's status changes. */
  transitions(taskId: string, page: HistoryPageRequest): PageOfTask<StatusAuditRecord> {
    const read: ReadPage<Dated<StatusAuditRecord>> = (id, page) =>
      this.#source.statusAudit(id, page);
    return this.#pageOf(taskId, page, read, this.#withSeenError);
  }

  /** Returns a page of a series' runs. */
  runs(taskId: string, page: HistoryPageRequest): PageOfTask<RunsAuditRecord> {
    const read: ReadPage<Dated<RunsAuditRecord>> = (id, page) => this.#source.runsAudit(id, page);
    return this.#pageOf(taskId, page, read, this.#withSeenError);
  }

  /** Returns a page of a task's log lines. */
  logs(taskId: string, page: HistoryPageRequest): PageOfTask<ExecutionLogRecord> {
    const read: ReadPage<Dated<ExecutionLogRecord>> = (id, page) =>
      this.#source.executionLogs(id, page);
    return this.#pageOf(taskId, page, read, (line, type) => ({
      ...this.#withSeenError(line, type),
      message: seenText(this.#user, line.message, "log", type),
    }));
  }

  /**
   * Returns a page of the actions of operators; null if the user sees no task with the filter's id.
   *
   * @throws {NotAllowedError} If the user has a filter, and requests more than the actions of one
   * task.
   */
  async actions(filter: ActionFilter, page: PageRequest): Promise<Page<OperatorAction> | null> {
    const { actions } = filter.taskId === undefined ? this.store.operate : this.#source.operate;
    if (filter.taskId !== undefined && this.#user.filter !== undefined) {
      if (await this.#find(filter.taskId) === null) return null;
    }
    const { items, next } = await actions.list(filter, page);
    return { items: items.map((action) => this.#seenAction(action)), next };
  }

  /** Returns a page of the groups of failures, with redacted errors. */
  async failures(options: FailureListOptions): Promise<Page<Dated<FailureGroup>>> {
    const { items, next } = await this.store.operate.failures.list(options);
    const seen = (text: string, type: string) => seenText(this.#user, text, "error", type);
    return {
      items: items.map(({ summary, exception, ...group }) => ({
        ...group,
        // Placeholders in a summary may keep `redact` from matching a secret, so the first line of
        // the redacted error replaces the summary.
        summary: this.#user.redact === undefined
          ? summary
          : seen(exception, group.type).split("\n", 1)[0]!,
        exception: seen(exception, group.type),
      })),
      next,
    };
  }

  /**
   * Calls the handler for each event that the user may see, of all processes of the store.
   *
   * @returns A function that ends the subscription.
   */
  subscribe(
    handler: (event: TaskEvent) => Promise<void>,
    filter: TaskEventFilter & { readonly parameters: boolean },
  ): () => void {
    const parameters = filter.parameters && this.#user.can.includes("payloads");
    return this.#source.events.subscribe(async (event) => {
      const tags = this.#user.filter?.tags === undefined
        ? []
        : (await this.#source.get(event.taskId))?.tags ?? [];
      const seen = seenEvent(this.#user, event, tags);
      if (seen !== null) await handler(seen);
    }, { ...filter, scope: "store", parameters });
  }

  /** Returns a task that the user sees, without redaction. */
  async #find(taskId: string): Promise<ApiTask | null> {
    const task = await this.#source.get(taskId);
    return task !== null && this.#sees(task) ? task : null;
  }

  async #pageOf<T>(
    taskId: string,
    page: PageRequest,
    read: ReadPage<T>,
    seen: (record: T, taskType: string) => T,
  ): Promise<Page<T> | null> {
    const task = await this.#find(taskId);
    if (task === null) return null;
    const { items, next } = await read(task.id, page);
    return { items: items.map((record) => seen(record, task.type)), next };
  }

  #sees(task: ApiTask): boolean {
    return isInScope(task, this.#user.filter);
  }

  #narrowed(filter: TaskFilter): TaskFilter {
    return narrow(filter, this.#user.filter);
  }

  #checkFilter(filter: TaskFilter): void {
    checkSearch(this.#user, filter);
  }

  readonly #seen = (task: ApiTask): SeenTask => ({
    ...task,
    payload: seenPayload(this.#user, task.payload, task.type),
    exception: seenError(this.#user, task.exception, task.type),
  });

  readonly #withSeenError = <T extends { readonly exception: string | null }>(
    record: T,
    taskType: string,
  ): T => ({ ...record, exception: seenError(this.#user, record.exception, taskType) });

  /**
   * Returns an action with the texts that the user may see. `before` and `after` may contain a
   * payload.
   */
  #seenAction(action: OperatorAction): OperatorAction {
    const { can, redact } = this.#user;
    const values = can.includes("payloads") && redact === undefined
      ? {}
      : { before: null, after: null };
    const reason = action.reason === null
      ? null
      : seenText(this.#user, action.reason, "reason", "");
    return { ...action, ...values, reason };
  }

  /** Returns a reason whose sentence contains only what the user may see. */
  #seenReason(reason: Reason, type: string): Reason {
    let seen = reason;
    if ("exception" in seen) seen = this.#withSeenError(seen, type);
    // A similar name may belong to another tenant.
    if ("similar" in seen && this.#user.filter !== undefined) seen = { ...seen, similar: null };
    if ("why" in seen && seen.why !== null) {
      seen = { ...seen, why: seenText(this.#user, seen.why, "reason", "") };
    }
    if (this.#user.filter !== undefined) seen = ofOneTenant(seen);
    return { ...seen, sentence: sentenceOf(seen) };
  }
}

/** Returns a reason without the tasks of other tenants in the queue, and without its operators. */
function ofOneTenant(reason: Reason): Reason {
  switch (reason.kind) {
    case "queuePaused":
      return { ...reason, by: null, why: null };
    case "inLine":
    case "placesBusy":
      return {
        kind: "inLine",
        queue: reason.queue,
        due: 1,
        exact: false,
        sentence: reason.sentence,
      };
    default:
      return reason;
  }
}
