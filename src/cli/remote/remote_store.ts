// A store behind the REST API of a running system.

import type { TaskEvent, TaskEventFilter } from "../../events/task_event.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { BulkOptions, BulkResult } from "../../operate/bulk.ts";
import type { Operator, TaskOperator } from "../../operate/operator.ts";
import type { OperationResult, RefusalReason } from "../../operate/refusal.ts";
import type {
  HistoryPageRequest,
  Page,
  StatisticsOptions,
  TaskFilter,
} from "../../storage/queries.ts";
import type { RetentionPolicy } from "../../storage/retention.ts";
import type { DispatchResult } from "../../task/dispatch_options.ts";
import { toMilliseconds } from "../../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../../time/instant.ts";
import type {
  CheckedDispatchOptions,
  OperatedStore,
  Operations,
  SeenTask,
  TaskVerb,
} from "../frame/operated_store.ts";
import { UsageError } from "../frame/usage_error.ts";
import { readEventData } from "./event_stream.ts";
import { ApiError, type Requests } from "./requests.ts";
import { filterParameters, policyParameters, revive, reviveTask } from "./wire.ts";

type WireTask = Parameters<typeof reviveTask>[0];

/** The verbs as the API names them. */
const routeOf: Readonly<Record<TaskVerb, string>> = {
  retry: "retry",
  runNow: "run",
  cancel: "cancel",
  delete: "delete",
};

/** The reason of a change without --reason. The API requires a reason for some changes. */
const noReason = "not given";

/** A store behind a REST API. The API records the user of the token with each change. */
export class RemoteStore implements OperatedStore {
  readonly #requests: Requests;
  readonly operate: Operations;

  constructor(requests: Requests) {
    this.#requests = requests;
    this.operate = this.#operations();
  }

  async get(taskId: string): Promise<SeenTask | null> {
    try {
      return reviveTask(await this.#requests.read<WireTask>(`tasks/${encodeURIComponent(taskId)}`));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  statistics(): ReturnType<OperatedStore["statistics"]> {
    return this.#read("statistics");
  }

  statusAudit(taskId: string, page?: HistoryPageRequest): ReturnType<OperatedStore["statusAudit"]> {
    return this.#pageOf(taskId, "transitions", page);
  }

  runsAudit(taskId: string, page?: HistoryPageRequest): ReturnType<OperatedStore["runsAudit"]> {
    return this.#pageOf(taskId, "runs", page);
  }

  executionLogs(
    taskId: string,
    page?: HistoryPageRequest,
  ): ReturnType<OperatedStore["executionLogs"]> {
    return this.#pageOf(taskId, "logs", page);
  }

  async dispatch(
    type: string,
    payload: unknown,
    options: CheckedDispatchOptions,
  ): Promise<DispatchResult> {
    const { unchecked, delay, at, taskKey, queue, priority, tags, recurring } = options;
    if (unchecked) {
      throw new UsageError(
        "A REST API checks every payload by the validator of its task. --unchecked needs a " +
          "database: use --storage instead of --api.",
      );
    }
    const body = {
      type,
      payload,
      ...queue !== undefined && { queue },
      ...priority !== undefined && { priority },
      ...tags !== undefined && { tags },
      ...taskKey !== undefined && { key: taskKey },
      ...delay !== undefined && { delayMs: toMilliseconds(delay, "delay") },
      ...at !== undefined && { at },
      ...recurring !== undefined && { schedule: recurring },
    };
    return await this.#requests.send("tasks", { method: "POST", body });
  }

  async changeQueue(verb: "pause" | "resume", queue: string, { reason = noReason }: Operator) {
    await this.#requests.send(`queues/${verb}`, { method: "POST", body: { queue, reason } });
  }

  async follow(
    handler: (event: TaskEvent) => Promise<void>,
    { severity, kinds, types }: TaskEventFilter,
    signal: AbortSignal,
  ): Promise<void> {
    const query = { severity, kind: kinds?.[0], taskType: types?.[0] };
    const stream = await this.#requests.stream("events", query, signal);
    try {
      for await (const data of readEventData(stream)) await handler(JSON.parse(data));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (!signal.aborted) throw new ApiError("The API has ended the stream of events.", 0, null);
  }

  auditGrowth(options: StatisticsOptions): ReturnType<OperatedStore["auditGrowth"]> {
    return this.#items("audit/growth", { ...options });
  }

  previewPurge(policy: RetentionPolicy): ReturnType<OperatedStore["previewPurge"]> {
    return this.#requests.read("audit/preview", policyParameters(policy));
  }

  async [Symbol.asyncDispose]() {}

  async #read<T>(route: string, query = {}): Promise<T> {
    return revive<T>(await this.#requests.read(route, query));
  }

  async #pageOf<T>(
    taskId: string,
    what: string,
    page: HistoryPageRequest = {},
  ): Promise<Page<T>> {
    try {
      return await this.#read(`tasks/${encodeURIComponent(taskId)}/${what}`, { ...page });
    } catch (error) {
      // A database answers the same for a task that was deleted in the meantime.
      if (error instanceof ApiError && error.status === 404) return { items: [], next: null };
      throw error;
    }
  }

  #operations(): Operations {
    const change = (verb: TaskVerb) => (taskId: string, operator: TaskOperator) =>
      this.#change(`tasks/${encodeURIComponent(taskId)}`, verb, taskId, operator);
    const bulk = (verb: TaskVerb) => (filter: TaskFilter, options: BulkOptions) =>
      this.#bulk(verb, filter, options);
    const series = (verb: "pause" | "resume") => (taskId: string, operator: TaskOperator) =>
      this.#change(`series/${encodeURIComponent(taskId)}`, verb, taskId, operator);
    return {
      tasks: {
        search: async (filter = {}, page = {}) => {
          const query = { ...filterParameters(filter), ...page };
          const { items, ...rest } = await this.#requests.read<
            { items: WireTask[]; next: string | null; incomplete: boolean }
          >("tasks", query);
          return { items: items.map(reviveTask), ...rest };
        },
        count: (filter = {}, options = {}) =>
          this.#requests.read("tasks/count", { ...filterParameters(filter), ...options }),
        retry: change("retry"),
        runNow: change("runNow"),
        cancel: change("cancel"),
        delete: change("delete"),
      },
      bulk: {
        retry: bulk("retry"),
        runNow: bulk("runNow"),
        cancel: bulk("cancel"),
        delete: bulk("delete"),
      },
      series: { pause: series("pause"), resume: series("resume") },
      actions: {
        list: (filter = {}, page = {}) => {
          const { verbs: verb, queue: queueName, ...members } = filter;
          return this.#read("actions", { ...members, verb, queueName, ...page });
        },
      },
      failures: { list: (options = {}) => this.#read("failures", withIsoSpan(options)) },
      explain: (taskId) => this.#read(`tasks/${encodeURIComponent(taskId)}/explain`),
      nextRuns: async (taskId, count) => {
        const route = `series/${encodeURIComponent(taskId)}/next`;
        const { runs } = await this.#requests.read<{ runs: string[] | null }>(route, { count });
        return runs && runs.map((run) => new Date(run));
      },
      workers: () => this.#items("workers"),
      queues: () => this.#items("queues"),
      activity: (options = {}) => this.#items("activity", withIsoSpan(options)),
      limits: (page = {}) => this.#read("limits", { ...page }),
      drainWorker: (workerId, operator) =>
        this.#order(`workers/${encodeURIComponent(workerId)}/drain`, {}, operator),
      releaseLimit: ({ type, key }, operator) =>
        this.#order("limits/release", { type, key }, operator),
      purge: (policy, { by: _, reason = noReason, ...batch }) =>
        this.#requests.send("audit/purge", {
          method: "POST",
          body: { policy: policyParameters(policy), reason, ...batch },
        }),
    };
  }

  async #items<T>(route: string, query = {}): Promise<T> {
    return (await this.#read<{ items: T }>(route, query)).items;
  }

  /** Posts to a route. Returns false if the API responds that the object does not exist. */
  async #order(route: string, body: object, { reason = noReason }: Operator): Promise<boolean> {
    try {
      await this.#requests.send(route, { method: "POST", body: { ...body, reason } });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  /** Changes one task if its version is still `version`; by default, the version at the call. */
  async #change(
    route: string,
    verb: TaskVerb | "pause" | "resume",
    taskId: string,
    { reason = noReason, version }: TaskOperator,
  ): Promise<OperationResult> {
    const seen = version ?? (await this.get(taskId))?.version ?? "";
    const path = verb === "delete" ? route : `${route}/${routeOf[verb as TaskVerb] ?? verb}`;
    try {
      const { actionId } = await this.#requests.send<{ actionId: string }>(path, {
        method: verb === "delete" ? "DELETE" : "POST",
        body: { reason },
        headers: { "if-match": `"${seen}"` },
      });
      return { applied: true, actionId };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { status, reason, message: sentence } = error;
      if (status === 404) return { applied: false, reason: "notStored", sentence };
      if (status === 412) return { applied: false, reason: "changed", sentence };
      if (status !== 409 || reason === null) throw error;
      return { applied: false, reason: reason as RefusalReason, sentence };
    }
  }

  async #bulk(
    verb: TaskVerb,
    filter: TaskFilter,
    { reason = noReason, dryRun, after, limit }: BulkOptions,
  ): Promise<BulkResult> {
    if (Object.values(filter).every((member) => member === undefined)) {
      throw new InvalidArgumentError("filter", filter, "say which tasks");
    }
    const options = {
      ...dryRun !== undefined && { dryRun },
      ...after !== undefined && { after },
      ...limit !== undefined && { limit },
    };
    return await this.#requests.send(`bulk/${routeOf[verb]}`, {
      method: "POST",
      body: {
        filter: { ...filterParameters(filter), payload: filter.payload },
        reason,
        ...options,
      },
    });
  }
}

/** Converts the instants of a span to those of the API. */
function withIsoSpan({ from, to, ...options }: { from?: Instant; to?: Instant }): object {
  return {
    ...options,
    from: from && new Date(toEpochMilliseconds(from, "from")).toISOString(),
    to: to && new Date(toEpochMilliseconds(to, "to")).toISOString(),
  };
}
