// Looking at what code under test has dispatched, and running it to its end.

import { describeValue, EverTaskError } from "../errors.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Page, PageRequest, StorageStatistics, TaskFilter } from "../storage/requests.ts";
import type { AnyTask } from "../task.ts";
import { systemClock } from "../time/clock.ts";
import type { FakeClock } from "./fake_clock.ts";

/** What the helpers need of an instance. */
export interface Inspectable {
  /** Tasks, newest first. */
  list(filter?: TaskFilter, page?: PageRequest): Promise<Page<TaskRecord>>;
  /** Counts by status and queue. */
  statistics(): Promise<StorageStatistics>;
}

/** What a dispatched task must look like. All that is given must hold. */
export interface DispatchMatch {
  /** The payload, or the part of it that matters: objects may have further fields. */
  readonly payload?: unknown;
  /** Its queue. */
  readonly queue?: string;
  /** Its key. */
  readonly taskKey?: string | null;
  /** Its priority. */
  readonly priority?: number;
  /** Whether it is a recurring series. */
  readonly recurring?: boolean;
}

/** A test's expectation about dispatched tasks does not hold. */
export class DispatchAssertionError extends EverTaskError {
  /** `DispatchAssertionError` */
  override name = "DispatchAssertionError";
}

/**
 * Asserts that a task was dispatched, whatever has become of it.
 *
 * @returns The newest one that matches.
 * @throws {DispatchAssertionError} If there is none. The message shows what there is of that type.
 *
 * @example
 * ```ts
 * import { createEverTask, defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { assertDispatched, assertNotDispatched } from "@evertask/evertask/testing";
 *
 * const greet = defineTask<{ name: string; formal: boolean }>({ type: "greet", handle() {} });
 * // Not started: it only stores what is dispatched.
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [greet] });
 * await everTask.dispatch(greet, { name: "Ada", formal: true });
 *
 * await assertDispatched(everTask, greet, { payload: { name: "Ada" } });
 * await assertNotDispatched(everTask, greet, { payload: { name: "Bob" } });
 * ```
 */
export async function assertDispatched(
  everTask: Inspectable,
  task: Pick<AnyTask, "type">,
  match: DispatchMatch = {},
): Promise<TaskRecord> {
  const records = await dispatchedTasks(everTask, task);
  const found = records.find((record) => matches(record, match));
  if (found !== undefined) return found;
  throw new DispatchAssertionError(
    `No task "${task.type}" that matches ${describeValue(match)} was dispatched; ${list(records)}`,
  );
}

/**
 * Asserts that no task was dispatched that matches.
 *
 * @throws {DispatchAssertionError} If one was.
 */
export async function assertNotDispatched(
  everTask: Inspectable,
  task: Pick<AnyTask, "type">,
  match: DispatchMatch = {},
): Promise<void> {
  const found = (await dispatchedTasks(everTask, task)).filter((record) => matches(record, match));
  if (found.length === 0) return;
  throw new DispatchAssertionError(
    `A task "${task.type}" that matches ${describeValue(match)} was dispatched; ${list(found)}`,
  );
}

/** Options of {@linkcode drain}. */
export interface DrainOptions {
  /** The clock of the instance, if it stands still: it is moved on to each task that is planned for later, retries among them. */
  readonly clock?: FakeClock;
  /** For how long the clock is moved on at most, in milliseconds: recurring tasks never end. @default 1 hour */
  readonly forMs?: number;
  /** After how many milliseconds of real time to give up. @default 10 seconds */
  readonly timeoutMs?: number;
}

/**
 * Waits until a started instance has run everything that is due, and what that has dispatched. With a fake clock, also what is
 * planned for later.
 *
 * @throws {DispatchAssertionError} If tasks are still running when the time is up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createEverTask, defineTask } from "@evertask/evertask";
 * import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
 * import { drain, FakeClock } from "@evertask/evertask/testing";
 *
 * const ran: string[] = [];
 * const remind = defineTask<string>({ type: "remind", handle: (name) => void ran.push(name) });
 * const clock = new FakeClock();
 * const storage = memoryStorage({ database: new MemoryDatabase({ clock }) });
 * await using everTask = createEverTask({ storage, clock, tasks: [remind] });
 * await everTask.start();
 * await everTask.dispatch(remind, "Ada", { delay: { minutes: 50 } });
 * await drain(everTask, { clock });
 * assertEquals(ran, ["Ada"]);
 * ```
 */
export async function drain(everTask: Inspectable, options: DrainOptions = {}): Promise<void> {
  const { clock, forMs = 3_600_000, timeoutMs = 10_000 } = options;
  const giveUpAt = systemClock.monotonic() + timeoutMs;
  let leftMs = forMs;
  while (true) {
    const { queues, now } = await everTask.statistics();
    const busy = queues.filter(({ due, claimed, paused }) => claimed > 0 || (due > 0 && !paused));
    if (busy.length === 0) {
      const waitMs = clock === undefined ? Infinity : await nextDueAt(everTask) - now;
      if (waitMs > leftMs) return;
      leftMs -= waitMs;
      await clock!.advance(waitMs);
    } else if (clock !== undefined) {
      await clock.advance(0);
    } else {
      await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 5));
    }
    if (systemClock.monotonic() > giveUpAt) {
      throw new DispatchAssertionError(
        `There is still work after ${timeoutMs} ms: ${
          JSON.stringify(busy)
        }. Is the instance started?`,
      );
    }
  }
}

/** The earliest instant at which a task is due; Infinity when none waits. */
async function nextDueAt(everTask: Inspectable): Promise<number> {
  const waiting = await everTask.list({}, { limit: 1000 });
  return Math.min(Infinity, ...waiting.items.map(({ dueAt }) => dueAt ?? Infinity));
}

async function dispatchedTasks(
  everTask: Inspectable,
  { type }: Pick<AnyTask, "type">,
): Promise<readonly TaskRecord[]> {
  return (await everTask.list({ types: [type] }, { limit: 1000 })).items;
}

function matches(record: TaskRecord, match: DispatchMatch): boolean {
  return (match.payload === undefined || contains(JSON.parse(record.request), match.payload)) &&
    (match.queue === undefined || record.queue === match.queue) &&
    (match.taskKey === undefined || record.taskKey === match.taskKey) &&
    (match.priority === undefined || record.priority === match.priority) &&
    (match.recurring === undefined || (record.series !== null) === match.recurring);
}

/** Whether a JSON value is the expected one, or an object with at least its fields. */
function contains(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) return false;
  return Object.entries(expected).every(([name, value]) =>
    contains((actual as Record<string, unknown>)[name], value)
  );
}

function list(records: readonly TaskRecord[]): string {
  if (records.length === 0) return "there is none of that type.";
  const lines = records.slice(0, 10).map(({ request, queue, taskKey, priority, status }) =>
    `\n  ${request} (queue ${queue}, key ${taskKey}, priority ${priority}, ${status})`
  );
  return `of that type there are:${lines.join("")}`;
}
