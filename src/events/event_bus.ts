// Delivers events to subscribers without delaying tasks. Each subscriber has its own bounded queue,
// and is called with one event after the other. An event that neither a subscriber nor another
// process wants is not created.

import { InvalidArgumentError } from "../guards/errors.ts";
import type { Logger } from "../log/logger.ts";
import { HomeContext } from "../time/home_context.ts";
import { checkSubscription, kindsOf } from "./event_filter.ts";
import type {
  SubscriptionOptions,
  TaskEvent,
  TaskEventKind,
  TaskEventSource,
} from "./task_event.ts";

/** The maximum number of undelivered events of a subscriber. Further events are lost. */
const maxLag = 10_000;

/** Delivers the events of other processes while a subscriber wants them. */
export interface StoreFollower {
  /**
   * Starts to deliver. Called after each change of the subscriptions while a subscriber wants the
   * events of other processes.
   *
   * @param withParameters Whether at least one of these subscribers wants payloads.
   */
  follow(withParameters: boolean): void;
  /** Stops delivering. Called when no subscriber wants the events of other processes any more. */
  rest(): void;
}

/** Receives the events of this process, to pass them on to other processes. */
export interface EventTap {
  /**
   * Reports whether to create an event of this kind for the tap. Called for each event that no
   * subscriber wants, so it must be quick.
   */
  wants(kind: TaskEventKind): boolean;
  /** Receives an event of any kind as soon as it is emitted. It must be quick. */
  offer(event: TaskEvent): void;
}

/** The events of one instance. */
export class EventBus implements TaskEventSource {
  readonly #logger: Logger;
  readonly #home: HomeContext;
  readonly #subscriptions = new Set<Subscription>();
  /** The kinds that at least one subscriber takes, regardless of task types. */
  #wanted: ReadonlySet<TaskEventKind> = new Set();
  /** Whether a subscriber wants the events of other processes, too. */
  #isFollowing = false;
  #lost = 0;
  #leftOut = 0;
  /** Receives the events of this process while another process watches. */
  tap: EventTap | null = null;
  /** Delivers the events of other processes. */
  follower: StoreFollower | null = null;

  /** @param home The context in which subscribers are called. */
  constructor(logger: Logger, home: HomeContext = new HomeContext()) {
    this.#logger = logger;
    this.#home = home;
  }

  /**
   * Reports whether a subscriber or the tap wants an event of this kind and type. Callers check
   * this before they create an event.
   *
   * @param type The task's type; absent if it is not yet known.
   */
  wants(kind: TaskEventKind, type?: string): boolean {
    if (this.#wanted.has(kind)) {
      for (const subscription of this.#subscriptions) {
        if (subscription.wants(kind, type)) return true;
      }
    }
    return this.tap !== null && this.tap.wants(kind);
  }

  /** The number of events that slow subscribers have lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** The number of events of other processes that were left out; see {@linkcode TaskEvent.from}. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Adds to {@linkcode EventBus.leftOut}. */
  addLeftOut(count: number): void {
    this.#leftOut += count;
  }

  subscribe(
    handler: (event: TaskEvent) => void | Promise<void>,
    options: SubscriptionOptions = {},
  ): () => void {
    if (typeof handler !== "function") {
      throw new InvalidArgumentError("handler", handler, "be a function that takes an event");
    }
    checkSubscription(options);
    const subscription = new Subscription(handler, options, this.#logger, this.#home, () => {
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
    if (this.tap !== null) this.tap.offer(event);
  }

  /** Queues an event of another process for the subscribers that want it. */
  emitOfOthers(event: TaskEvent): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.isOfStore) subscription.offer(event);
    }
  }

  /** Returns the events of this process as an async iterator; see {@linkcode EventBus.stream}. */
  [Symbol.asyncIterator](): AsyncGenerator<TaskEvent, void, void> {
    return this.stream();
  }

  /**
   * Returns events as an async iterator:
   * `for await (const event of everTask.events.stream({ scope: "store" }))`. Ends when the loop is
   * left.
   *
   * @throws {InvalidArgumentError} If an option is invalid or unknown.
   */
  stream(options: SubscriptionOptions = {}): AsyncGenerator<TaskEvent, void, void> {
    checkSubscription(options);
    return this.#stream(options);
  }

  async *#stream(options: SubscriptionOptions): AsyncGenerator<TaskEvent, void, void> {
    const waiting: TaskEvent[] = [];
    let wake = () => {};
    const unsubscribe = this.subscribe((event) => {
      waiting.push(event);
      wake();
      if (waiting.length <= maxLag) return;
      waiting.shift();
      this.#lost++;
    }, options);
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
    const all = [...this.#subscriptions];
    this.#wanted = new Set(all.flatMap(({ kinds }) => [...kinds]));
    const ofStore = all.filter(({ isOfStore }) => isOfStore);
    if (ofStore.length > 0) {
      this.follower?.follow(ofStore.some(({ withParameters }) => withParameters));
    } else if (this.#isFollowing) this.follower?.rest();
    this.#isFollowing = ofStore.length > 0;
  }
}

class Subscription {
  readonly #handler: (event: TaskEvent) => void | Promise<void>;
  readonly kinds: ReadonlySet<TaskEventKind>;
  readonly isOfStore: boolean;
  readonly withParameters: boolean;
  readonly #types: readonly string[] | undefined;
  readonly #logger: Logger;
  readonly #home: HomeContext;
  readonly #onLost: () => void;
  #queue: TaskEvent[] = [];
  #delivering: Promise<void> | null = null;
  #ended = false;

  constructor(
    handler: (event: TaskEvent) => void | Promise<void>,
    options: SubscriptionOptions,
    logger: Logger,
    home: HomeContext,
    onLost: () => void,
  ) {
    this.#handler = handler;
    this.kinds = kindsOf(options);
    this.isOfStore = options.scope === "store";
    this.withParameters = options.parameters ?? !this.isOfStore;
    this.#types = options.types;
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
    this.#queue.push(this.withParameters ? event : { ...event, taskParameters: "" });
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
          // An `await` of undefined would also delay the next event by a microtask.
          if (handled !== undefined) await handled;
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
