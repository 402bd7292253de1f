// Common steps of cases: storing tasks, registering workers, claiming, reading rows.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { ClaimedTask, TaskRecord } from "../../storage/records.ts";
import type { NewLogLine, Page, PageRequest } from "../../storage/queries.ts";
import type {
  ChangeResult,
  Lease,
  NewSeries,
  NewTask,
  PersistResult,
  RateSlotRequest,
  ReleaseLostRequest,
  StatusChange,
} from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import { expectValue } from "./expect.ts";
import type { Capability, StorageUnderTest } from "./harness.ts";

/** The cases of a topic. */
export interface Topic {
  readonly name: string;
  readonly cases: readonly TopicCase[];
}

/** One case before it is bound to a harness. */
export interface TopicCase {
  readonly name: string;
  readonly needs: Capability | null;
  check(scene: Scene): Promise<void>;
}

/**
 * Creates a topic from its cases. The key of a case is its sentence. The value is a check, or a
 * capability and the check that needs this capability.
 */
export function topic(
  name: string,
  cases: Record<string, TopicCase["check"] | readonly [Capability, TopicCase["check"]]>,
): Topic {
  return {
    name,
    cases: Object.entries(cases).map(([sentence, entry]) => {
      const [needs, check] = typeof entry === "function" ? [null, entry] as const : entry;
      return { name: sentence, needs, check };
    }),
  };
}

/** One minute, in milliseconds. */
export const minute = 60_000;
/** One hour, in milliseconds. */
export const hour = 60 * minute;
/** One day, in milliseconds. */
export const day = 24 * hour;

/** The lease duration of the suite's workers. */
export const leaseMs = 10 * minute;

/** A retry policy as `dispatch` stores it. */
export const retryPolicy = '{"kind":"linear","retries":3,"delaysMs":[500]}';

/** Creates a task as a dispatcher does; by default due at once. */
export function newTask(id: string, overrides: Partial<NewTask> = {}): NewTask {
  return {
    id,
    type: "send-email",
    handlerName: "Send an e-mail",
    payload: '{"to":"ada@example.org"}',
    status: "Queued",
    due: { inMs: 0 },
    auditLevel: "Full",
    queue: "default",
    priority: 0,
    taskKey: null,
    traceContext: null,
    retryPolicy: null,
    series: null,
    tags: [],
    claimFor: null,
    ...overrides,
  };
}

/** Creates a request for a rate limit slot. By default, it accepts only a slot now. */
export function slotRequest(overrides: Partial<RateSlotRequest> = {}): RateSlotRequest {
  return {
    key: "customer-1",
    emissionIntervalMs: 1000,
    burst: 1,
    startEmpty: false,
    horizonMs: 0,
    reservedAt: null,
    graceMs: 0,
    startWithinMs: 0,
    ...overrides,
  };
}

/** Creates the recurring part of a task, as a dispatcher does. */
export function series(overrides: Partial<NewSeries> = {}): NewSeries {
  return {
    schedule: '{"every":5,"unit":"minutes"}',
    info: "every 5 minutes",
    anchorAt: 1_700_000_000_000,
    maxRuns: null,
    runUntil: null,
    nextRunAt: 1_700_000_300_000,
    ...overrides,
  };
}

/** Creates a log line that a handler has just logged. */
export function logLine(
  taskId: string,
  message: string,
  overrides: Partial<NewLogLine> = {},
): NewLogLine {
  const plain = { level: "Information", exception: null, run: 1, agoMs: 0 } as const;
  return { taskId, message, ...plain, ...overrides };
}

/** A store under test with helpers, created for each case. */
export class Scene {
  readonly unit: StorageUnderTest;
  readonly storage: Storage;
  #lastId = 0;

  constructor(unit: StorageUnderTest) {
    this.unit = unit;
    this.storage = unit.storage;
  }

  /** Returns the next task id: a UUID v7, ascending, the same in each run. */
  id(): string {
    const number = (++this.#lastId).toString(16).padStart(12, "0");
    return `01900000-0000-7000-8000-${number}`;
  }

  /** Returns the time of the storage's clock. */
  async now(): Promise<number> {
    return (await this.storage.statistics()).now;
  }

  /** See {@linkcode newTask}. */
  task(overrides: Partial<NewTask> = {}): NewTask {
    return newTask(this.id(), overrides);
  }

  /** Creates a series that waits for its first run, which by default is due at once. */
  recurring(overrides: Partial<NewTask> = {}, seriesOverrides: Partial<NewSeries> = {}): NewTask {
    const status = "WaitingQueue";
    return this.task({ queue: "recurring", status, series: series(seriesOverrides), ...overrides });
  }

  /** Stores one task and returns the outcome. */
  async persist(task: NewTask, storage = this.storage): Promise<PersistResult> {
    return expectValue((await storage.persist([task]))[0], "persist answers for each task");
  }

  /** Stores one task and returns its id. */
  async add(overrides: Partial<NewTask> = {}): Promise<string> {
    return (await this.persist(this.task(overrides))).id;
  }

  /** Stores many due tasks at once and returns their ids, in order. */
  async addMany(count: number, overrides: Partial<NewTask> = {}): Promise<string[]> {
    const tasks = Array.from({ length: count }, () => this.task(overrides));
    return (await this.storage.persist(tasks)).map((result) => result.id);
  }

  /** Stores a series and returns its id. */
  async addSeries(
    overrides: Partial<NewTask> = {},
    seriesOverrides: Partial<NewSeries> = {},
  ): Promise<string> {
    return (await this.persist(this.recurring(overrides, seriesOverrides))).id;
  }

  /** Registers a worker and returns its id. */
  async worker(name = "worker-a", storage = this.storage): Promise<string> {
    await storage.registerWorker({ id: name, host: `${name}.example.org` });
    return name;
  }

  /**
   * Claims for a worker; by default, tasks of the usual type from the queues `default` and
   * `recurring`.
   */
  async claim(
    workerId: string,
    options: { limit?: number; queues?: string[]; types?: string[]; storage?: Storage } = {},
  ): Promise<readonly ClaimedTask[]> {
    const { limit = 100, queues = ["default", "recurring"], types = ["send-email"] } = options;
    const request = { workerId, types, queues: queues.map((name) => ({ name, limit })) };
    return (await (options.storage ?? this.storage).claim(request)).tasks;
  }

  /** Stores a task or a series, claims it for a registered worker and returns the lease. */
  async claimed(
    overrides: Partial<NewTask> = {},
    workerId = "worker-a",
  ): Promise<{ readonly id: string; readonly lease: Lease; readonly task: ClaimedTask }> {
    await this.worker(workerId);
    const id = await this.add(overrides);
    const { queue = "default" } = overrides;
    const tasks = await this.claim(workerId, { queues: [queue] });
    const task = expectValue(tasks.find((task) => task.id === id), "a due task is claimed");
    return { id, task, lease: { workerId, token: task.leaseToken } };
  }

  /** Applies one change of one or more transitions. */
  async change(
    taskId: string,
    transitions: readonly (TaskStatus | readonly [TaskStatus, string | null, number?])[],
    options: Partial<Omit<StatusChange, "taskId" | "transitions">> = {},
  ): Promise<ChangeResult> {
    const { auditLevel = "Full", ...rest } = options;
    const change = { ...rest, taskId, auditLevel, transitions: transitions.map(toTransition) };
    return expectValue((await this.storage.setStatusMany([change]))[0], "a change is answered");
  }

  /** Returns a task's row, which must exist. */
  async row(taskId: string, storage = this.storage): Promise<TaskRecord> {
    return expectValue(await storage.get(taskId), `task ${taskId} is stored`);
  }

  /** Returns a task's status audit as `Status` or `Status: exception`, in order. */
  async statuses(taskId: string, storage = this.storage): Promise<string[]> {
    return (await storage.statusAudit(taskId, { limit: 1000 })).items.map((row) =>
      row.exception === null ? row.newStatus : `${row.newStatus}: ${row.exception}`
    );
  }

  /** Returns a task's runs audit as `Status` or `Status: exception`, in order. */
  async runs(taskId: string): Promise<string[]> {
    return (await this.storage.runsAudit(taskId, { limit: 1000 })).items.map((row) =>
      row.exception === null ? row.status : `${row.status}: ${row.exception}`
    );
  }

  /** Counts the rows of the status audit, the runs audit and the execution log, in this order. */
  async historyRows(): Promise<number[]> {
    return (await this.storage.auditGrowth({ exact: true })).map(({ rows }) => rows);
  }

  /**
   * Removes workers whose heartbeat is older than the suite's lease duration, and releases their
   * tasks.
   */
  releaseLost(overrides: Partial<ReleaseLostRequest> = {}, storage = this.storage) {
    const lostReason = "The worker was lost.";
    const poisonReason = "The task killed its workers.";
    return storage.releaseLost({ leaseMs, poisonLimit: 5, lostReason, poisonReason, ...overrides });
  }
}

/** Returns the items of all pages. Fails if the pages do not end. */
export async function allPages<T>(
  fetchPage: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<{ items: T[]; pages: number }> {
  const items: T[] = [];
  let after: string | null = null;
  for (let pages = 1; pages <= 1000; pages++) {
    const page: Page<T> = await fetchPage(after === null ? { limit } : { limit, after });
    items.push(...page.items);
    if (page.next === null) return { items, pages };
    after = page.next;
  }
  throw new Error("The pages do not end.");
}

/** The expected values of a case by audit level. */
export type LevelTable = Readonly<Record<AuditLevel, readonly string[]>>;

function toTransition(transition: TaskStatus | readonly [TaskStatus, string | null, number?]) {
  const [status, exception = null, agoMs = 0] = typeof transition === "string"
    ? [transition]
    : transition;
  return { status, exception, agoMs };
}
