// An instance for the tests of an application. Stores dispatched tasks, and runs them on request
// (`drain`) or within dispatch (`inline`). It is a real EverTask with a real storage, and with a
// real worker while tasks run.

import { checkChoice, checkFlag, checkOptions } from "../../guards/argument_checks.ts";
import type {
  DispatchManyOptions,
  DispatchOptions,
  DispatchResult,
  PayloadAndOptions,
} from "../../task/dispatch_options.ts";
import { EverTask, type StopOptions, type TaskEvents } from "../../application/ever_task.ts";
import { checkOptionNames, parseOptions } from "../../application/ever_task_options.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { EventBus } from "../../events/event_bus.ts";
import type { Task } from "../../task/task.ts";
import { systemClock } from "../../time/clock.ts";
import { toMilliseconds } from "../../time/duration.ts";
import { viewOf } from "../../storage/storage_view.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import { FakeClock } from "../fake_clock.ts";
import { CaughtErrors } from "./caught_errors.ts";
import { type DrainResult, DrainTally, failureOf, type TaskFailure } from "./drain_tally.ts";
import { DueWork } from "./due_work.ts";
import { observedStorage } from "./observed_storage.ts";
import type { RunLimits } from "./run_limits.ts";
import {
  drainNames,
  type DrainOptions,
  ownNames,
  parseBounds,
  type TestEverTaskOptions,
} from "./test_options.ts";
import { TestWorker } from "./test_worker.ts";

/**
 * An instance for tests, created by {@linkcode createTestEverTask}. Can be used wherever an
 * `EverTask` is expected.
 */
export class TestEverTask extends EverTask {
  /** The events of tasks, regardless of the instance that runs them. */
  declare readonly events: TaskEvents;
  readonly #options: TestEverTaskOptions;
  readonly #work: DueWork;
  readonly #caught: CaughtErrors;
  readonly #worker: TestWorker;
  /** The failures in inline mode that no dispatch has thrown yet. */
  readonly #untold = new Map<string, TaskFailure>();

  /** Use {@linkcode createTestEverTask}. */
  constructor(options: TestEverTaskOptions) {
    checkOptionNames(options, ownNames);
    const { mode = "manual", failures = "throw", clock = systemClock } = options;
    checkChoice(mode, ["manual", "inline"], "mode");
    checkChoice(failures, ["throw", "record"], "failures");
    parseBounds(options);
    const { loggers, queues, definitions } = parseOptions(options);
    const wrote = () => this.#worker.wrote();
    const storage = observedStorage(options.storage, wrote);
    super({ ...options, storage }, true);
    this.#options = { ...options, mode, failures };
    this.#work = new DueWork(viewOf(storage), [...queues.keys()], [...definitions.keys()]);
    const bus = new EventBus(loggers("events"));
    this.events.subscribe((event) => bus.emit(event));
    this.events = bus;
    this.#caught = new CaughtErrors((type) => this.#worker.attempted(type));
    const instrumentation = [this.#caught.watch(), options.instrumentation ?? []].flat();
    this.#worker = new TestWorker({
      makeInstance: () => {
        const instance = new EverTask({ ...options, storage, instrumentation });
        instance.events.subscribe((event) => bus.emit(event));
        return instance;
      },
      clock,
      unfinished: () => this.#work.unfinished(),
    });
    if (mode === "inline" && failures === "throw") {
      bus.subscribe((event) => {
        this.#untold.set(event.taskId, failureOf(event, this.#caught.of(event.taskId)));
      }, { kinds: ["failed"] });
    }
  }

  /**
   * Opens the storage, but runs no tasks: only `drain` and `inline` mode run tasks. An application
   * under test can therefore call `start` as in production.
   */
  override async start(): Promise<void> {
    await this.#open();
  }

  /** Stores a task, as `EverTask` does. In `inline` mode, also runs it. */
  override async dispatch<Input, Output>(
    task: Task<Input, Output>,
    ...rest: PayloadAndOptions<NoInfer<Input>, DispatchOptions>
  ): Promise<DispatchResult> {
    const result = await super.dispatch(task, ...rest);
    await this.#runInline([result]);
    return result;
  }

  /** Stores many tasks of one type, as `EverTask` does. In `inline` mode, also runs them. */
  override async dispatchMany<Input, Output>(
    task: Task<Input, Output>,
    payloads: Iterable<NoInfer<Input>>,
    options?: DispatchManyOptions,
  ): Promise<DispatchResult[]> {
    const results = await super.dispatchMany(task, payloads, options);
    await this.#runInline(results);
    return results;
  }

  /**
   * Runs all due tasks, including retries and the tasks that handlers dispatch, until none is due.
   * With `withScheduled` or `advance`, and a {@linkcode FakeClock}, also runs delayed tasks:
   * advances the clock to the instant of each task and retry.
   *
   * @returns The numbers of outcomes, and the failures.
   * @throws {InvalidArgumentError} If the time is to advance, but `clock` is not a `FakeClock` or
   * the storage uses another clock.
   * @throws {TooManyAttemptsError} If there are more attempts than `maxAttempts`.
   * @throws {StalledError} If nothing is written for `stalledAfter` although a task is running or
   * due.
   * @throws With `failures: "throw"`: the error of the first failed task.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { defineTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   * import { createTestEverTask, FakeClock } from "@evertask/evertask/testing";
   *
   * const backUp = defineTask({ type: "back-up", handle() {} });
   * const clock = new FakeClock("2026-03-01T00:00:00Z");
   * const storage = memoryStorage({ clock });
   * await using everTask = createTestEverTask({ storage, clock, tasks: [backUp] });
   *
   * await everTask.dispatch(backUp, undefined, { recurring: (r) => r.everyDay().atTime("03:00") });
   * assertEquals((await everTask.drain()).completed, 0);
   * assertEquals((await everTask.drain({ advance: { days: 7 } })).completed, 7);
   * ```
   */
  async drain(options: DrainOptions = {}): Promise<DrainResult> {
    checkOptions(options, drainNames, "options");
    const { withScheduled = false, failures = "record" } = options;
    checkFlag(withScheduled, "withScheduled");
    checkChoice(failures, ["throw", "record"], "failures");
    const limits = parseBounds({ ...this.#options, ...options });
    const advanceMs = options.advance === undefined
      ? Infinity
      : toMilliseconds(options.advance, "advance");
    await this.#open();
    const tally = new DrainTally(this.events, (taskId) => this.#caught.of(taskId));
    let result: DrainResult;
    try {
      if (withScheduled || advanceMs < Infinity) await this.#runThrough(advanceMs, limits);
      else await this.#runDue(limits, () => this.#work.isDone());
      await toldEverybody();
    } catch (error) {
      await this.#worker.idle();
      throw error;
    } finally {
      result = tally.end();
    }
    if (failures === "throw" && result.failed > 0) throw result.failures[0]!.error;
    return result;
  }

  /** Stops, as `EverTask` does, after a drain in progress has ended. */
  override async stop(options?: StopOptions): Promise<void> {
    await this.#worker.idle();
    await super.stop(options);
  }

  async #open(): Promise<void> {
    const { now } = await this.statistics();
    const { clock } = this.#options;
    if (clock instanceof FakeClock && Math.abs(now.getTime() - clock.now()) > 1) {
      const remedy = "use the fake clock of the instance: memoryStorage({ clock })";
      throw new InvalidArgumentError("storage", this.#options.storage.name, remedy);
    }
  }

  /** Runs the due tasks. */
  async #runDue(limits: RunLimits, isDone: () => Promise<boolean>): Promise<void> {
    // The last hook may have dispatched another task, so check again.
    while (!await isDone()) await this.#worker.use(limits, () => this.#worker.until(isDone));
  }

  /** Runs the tasks that become due within `advanceMs`, each at its instant. */
  async #runThrough(advanceMs: number, limits: RunLimits): Promise<void> {
    const { clock } = this.#options;
    if (!(clock instanceof FakeClock)) {
      const remedy = "be a FakeClock that the storage also uses, so that time can advance";
      throw new InvalidArgumentError("clock", clock, remedy);
    }
    const end = clock.now() + advanceMs;
    for (;;) {
      await this.#runDue(limits, () => this.#work.isQuiet());
      const nextAt = await this.#work.nextDueAt();
      if (nextAt === null || nextAt > end) break;
      await clock.advance(Math.max(0, nextAt - clock.now()));
    }
    if (end < Infinity) await clock.advance(Math.max(0, end - clock.now()));
  }

  /**
   * Runs tasks to their ends in inline mode. Also runs all other due tasks, unless the dispatch
   * came from a handler that is running.
   */
  async #runInline(results: readonly DispatchResult[]): Promise<void> {
    if (this.#options.mode !== "inline" || results.length === 0) return;
    const limits = parseBounds(this.#options);
    const haveEnded = async () => {
      await this.#work.hurryRetries();
      for (const { id } of results) if (!await this.#work.isAtRest(id)) return false;
      return true;
    };
    if (await haveEnded()) return;
    if (this.#worker.users === 0) this.#untold.clear(); // an earlier drain has reported them
    await this.#worker.use(limits, async () => {
      await this.#worker.until(haveEnded);
      const isOutermost = this.#worker.users === 1;
      if (isOutermost) await this.#worker.until(() => this.#work.isDone());
    });
    await toldEverybody();
    const own = results.map(({ id }) => this.#untold.get(id)).find((each) => each !== undefined);
    const failure = own ?? (this.#worker.users === 0 ? [...this.#untold.values()][0] : undefined);
    for (const { id } of results) this.#untold.delete(id);
    if (this.#worker.users === 0) this.#untold.clear();
    if (failure !== undefined) throw failure.error;
  }
}

/** Resolves when the subscribers that do not wait for timers or I/O have handled all events. */
function toldEverybody(): Promise<void> {
  return new Promise((resolve) => nextMacrotask(resolve));
}

/**
 * Creates an instance for tests. Tasks run on request ({@linkcode TestEverTask.drain}) or within
 * dispatch (`mode: "inline"`), with the same code as in production. Pass this instance to the
 * application in place of the application's own.
 *
 * Use `memoryStorage()`, or a separate real database for each test. For tests of delays, retries
 * and series, pass the same {@linkcode FakeClock} to the instance and the storage.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 * @throws {DuplicateTaskTypeError} If two tasks have the same type.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { assertDispatched, createTestEverTask } from "@evertask/evertask/testing";
 *
 * const sent: string[] = [];
 * const welcome = defineTask<{ email: string }>({
 *   type: "welcome",
 *   handle: ({ email }) => void sent.push(email),
 * });
 * await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [welcome] });
 *
 * await everTask.dispatch(welcome, { email: "ada@example.com" }); // by the code under test
 * await assertDispatched(everTask, welcome, { payload: { email: "ada@example.com" } });
 *
 * const { completed } = await everTask.drain();
 * assertEquals([completed, sent], [1, ["ada@example.com"]]);
 * ```
 *
 * @example Tasks that run within dispatch
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { createTestEverTask } from "@evertask/evertask/testing";
 *
 * let stock = 3;
 * const take = defineTask<number>({
 *   type: "take",
 *   handle(count) {
 *     if (count > stock) throw new RangeError("sold out");
 *     stock -= count;
 *   },
 * });
 * await using everTask = createTestEverTask({
 *   storage: memoryStorage(),
 *   tasks: [take],
 *   mode: "inline",
 * });
 *
 * await everTask.dispatch(take, 2);
 * assertEquals(stock, 1);
 * await assertRejects(() => everTask.dispatch(take, 2), RangeError, "sold out");
 * ```
 */
export function createTestEverTask(options: TestEverTaskOptions): TestEverTask {
  return new TestEverTask(options);
}
