// Data from the API that a page loads, and loads again when events may have changed it. Parts of a
// page that show the same route share the data.

import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { read } from "./client.ts";
import { connection, listen, type LiveEvent } from "./live.ts";

/** The state of a resource. The data stays while it is loaded again. */
export interface Resource<T> {
  readonly data: T | null;
  readonly error: unknown;
}

/** When a resource is loaded again. */
export interface Freshness {
  /** Whether an event may have changed the data. By default, any event may. */
  readonly changesWith?: (event: LiveEvent) => boolean;
  /**
   * The interval of loads without an event, in milliseconds: for data that changes without events.
   * @default 15,000
   */
  readonly everyMs?: number;
}

/** The interval of loads while there is no stream of events, in milliseconds. */
const withoutStreamMs = 3_000;
/** The time for which further events are awaited before a load, in milliseconds. */
const gatherMs = 150;
/** The minimum pause between loads: at least this time, and a multiple of the last load's time. */
const [leastPauseMs, pauseFactor] = [750, 4];

/** Loads a route, and keeps it up to date while the tab is visible. */
export function useResource<T>(route: string, freshness: Freshness = {}): Resource<T> {
  const resource = useMemo(() => resourceOf(route), [route]);
  resource.freshness = freshness;
  useEffect(() => resource.use(), [resource]);
  return resource.state.value as Resource<T>;
}

const resources = new Map<string, SharedResource>();

function resourceOf(route: string): SharedResource {
  const known = resources.get(route);
  if (known !== undefined) return known;
  const resource = new SharedResource(route);
  resources.set(route, resource);
  return resource;
}

class SharedResource {
  readonly state: Signal<Resource<unknown>> = signal({ data: null, error: null });
  freshness: Freshness = {};
  readonly #route: string;
  #users = 0;
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Infinity;
  #earliestAt = 0;
  #isLoading = false;
  #mustLoadAgain = false;

  constructor(route: string) {
    this.#route = route;
  }

  /** Keeps the data up to date until the returned function is called. */
  use(): () => void {
    if (this.#users++ === 0) this.#start();
    return () => {
      if (--this.#users === 0) this.#stop.abort();
    };
  }

  #start(): void {
    const stop = this.#stop = new AbortController();
    const { signal } = stop;
    const stopListening = listen((news) => {
      const { changesWith = () => true } = this.freshness;
      if (news === "all") this.#earliestAt = 0;
      if (news === "all" || news === "unknown" || changesWith(news)) {
        this.#loadIn(news === "all" ? 0 : gatherMs);
      }
    });
    const onVisibility = () => document.hidden ? this.#disarm() : this.#loadIn(0);
    document.addEventListener("visibilitychange", onVisibility, { signal });
    signal.addEventListener("abort", () => {
      stopListening();
      this.#disarm();
      resources.delete(this.#route);
    });
    resources.set(this.#route, this);
    void this.#load();
  }

  /** Loads after a delay, unless an earlier load is planned. */
  #loadIn(delayMs: number): void {
    if (this.#isLoading) {
      this.#mustLoadAgain = true;
      return;
    }
    const dueAt = Math.max(performance.now() + delayMs, this.#earliestAt);
    if (dueAt >= this.#dueAt || document.hidden) return;
    this.#disarm();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => void this.#load(), dueAt - performance.now());
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
  }

  async #load(): Promise<void> {
    const { signal } = this.#stop;
    this.#disarm();
    this.#isLoading = true;
    this.#mustLoadAgain = false;
    const startedAt = performance.now();
    try {
      this.state.value = { data: await read(this.#route, signal), error: null };
    } catch (error) {
      if (signal.aborted) return;
      this.state.value = { data: this.state.value.data, error };
    } finally {
      this.#isLoading = false;
    }
    if (signal.aborted) return;
    const endedAt = performance.now();
    this.#earliestAt = endedAt + Math.max(leastPauseMs, pauseFactor * (endedAt - startedAt));
    const { everyMs = 15_000 } = this.freshness;
    const isLive = connection.value === "live" && this.state.value.error === null;
    this.#loadIn(this.#mustLoadAgain ? 0 : isLive ? everyMs : Math.min(everyMs, withoutStreamMs));
  }
}
