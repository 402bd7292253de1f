// Delivers events to subscribers without delaying tasks. Each subscriber has its own bounded queue,
// from which it is called with one event after the other. Events that no subscriber wants are not
// created.

import { InvalidArgumentError } from "../guards/errors.ts";
import type { Logger } from "../log/logger.ts";
import { HomeContext } from "../time/home_context.ts";
import { checkEventFilter, kindsOf } from "./event_filter.ts";
import type { TaskEvent, TaskEventFilter, TaskEventKind, TaskEventSource } from "./task_event.ts";

/** The maximum number of undelivered events of a subscriber. Further events are lost. */
const maxLag = 10_000;

/** The events of one instance. */
export class EventBus implements TaskEventSource {
  readonly #logger: Logger;
  readonly #home: HomeContext;
  readonly #subscriptions = new Set<Subscription>();
  /** The kinds that at least one subscriber takes, regardless of task types. */
  #wanted: ReadonlySet<TaskEventKind> = new Set();
  #lost = 0;

  /** @param home The context in which subscribers are called. */
  constructor(logger: Logger, home: HomeContext = new HomeContext()) {
    this.#logger = logger;
    this.#home = home;
  }

  /**
   * Reports whether a subscriber wants such an event. Callers check this before they create an
   * event.
   *
   * @param type The task's type; absent if it is not yet known.
   */
  wants(kind: TaskEventKind, type?: string): boolean {
    if (!this.#wanted.has(kind)) return false;
    for (const subscription of this.#subscriptions) {
      if (subscription.wants(kind, type)) return true;
    }
    return false;
  }

  /** The number of events that slow subscribers have lost so far. */
  get lost(): number {
    return this.#lost;
  }

  subscribe(
    handler: (event: TaskEvent) => void | Promise<void>,
    filter: TaskEventFilter = {},
  ): () => void {
    if (typeof handler !== "function") {
      throw new InvalidArgumentError("handler", handler, "be a function that takes an event");
    }
    checkEventFilter(filter);
    const subscription = new Subscription(handler, filter, this.#logger, this.#home, () => {
      this.#lost++;
    });
    this.#subscriptions.add(subscription);
    this.#sumUp();
    return () => {
      subscription.end();
      this.#subscriptions.delete(subscription);
      this.#sumUp();
    };
  }

  /** Queues an event for all subscribers that want it. */
  emit(event: TaskEvent): void {
    for (const subscription of this.#subscriptions) subscription.offer(event);
  }

  /**
   * Iterates over the events: `for await (const event of everTask.events)`. The subscription ends
   * when the loop is left.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<TaskEvent, void, void> {
    const waiting: TaskEvent[] = [];
    let wake = () => {};
    const unsubscribe = this.subscribe((event) => {
      waiting.push(event);
      wake();
      if (waiting.length <= maxLag) return;
      waiting.shift();
      this.#lost++;
    });
    try {
      while (true) {
        while (waiting.length > 0) yield waiting.shift()!;
        await new Promise<void>((resolve) => wake = resolve);
      }
    } finally {
      unsubscribe();
    }
  }

  /** Resolves when every subscriber has handled all events so far. */
  async idle(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.idle()));
  }

  #sumUp(): void {
    this.#wanted = new Set([...this.#subscriptions].flatMap(({ kinds }) => [...kinds]));
  }
}

class Subscription {
  readonly #handler: (event: TaskEvent) => void | Promise<void>;
  readonly kinds: ReadonlySet<TaskEventKind>;
  readonly #types: readonly string[] | undefined;
  readonly #logger: Logger;
  readonly #home: HomeContext;
  readonly #onLost: () => void;
  #queue: TaskEvent[] = [];
  #delivering: Promise<void> | null = null;
  #ended = false;

  constructor(
    handler: (event: TaskEvent) => void | Promise<void>,
    filter: TaskEventFilter,
    logger: Logger,
    home: HomeContext,
    onLost: () => void,
  ) {
    this.#handler = handler;
    this.kinds = kindsOf(filter);
    this.#types = filter.types;
    this.#logger = logger;
    this.#home = home;
    this.#onLost = onLost;
  }

  wants(kind: TaskEventKind, type: string | undefined): boolean {
    if (!this.kinds.has(kind)) return false;
    return this.#types === undefined || type === undefined || this.#types.includes(type);
  }

  offer(event: TaskEvent): void {
    if (!this.wants(event.kind, event.taskType)) return;
    if (this.#queue.length >= maxLag) {
      this.#onLost();
      return;
    }
    this.#queue.push(event);
    // Deferred, so that the delivery does not delay the caller's task.
    this.#delivering ??= this.#home.call(() => this.#deliver());
  }

  end(): void {
    this.#ended = true;
    this.#queue = [];
  }

  async idle(): Promise<void> {
    while (this.#delivering !== null) await this.#delivering;
  }

  async #deliver(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const event of batch) {
        if (this.#ended) break;
        try {
          const handled = this.#handler(event);
          if (handled !== undefined) await handled; // awaiting undefined would also cost a turn
        } catch (error) {
          this.#logger.error("A subscriber failed on the event {kind} of task {taskId}: {error}", {
            kind: event.kind,
            taskId: event.taskId,
            error,
          });
        }
      }
    }
    this.#delivering = null;
  }
}
