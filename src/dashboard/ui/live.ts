// The stream of events, which all parts of the page share. They listen to it, and load their data
// again when an event may have changed it.

import { signal } from "@preact/signals";
import { routeUrl } from "./client.ts";

/** The properties of a task's event that the page uses. */
export interface LiveEvent {
  readonly taskId: string;
  readonly kind: string;
  readonly taskType: string;
  readonly queue: string;
  /** The process that sent the event, and how many of its events were left out so far. */
  readonly from?: {
    readonly host: string;
    readonly workerId: string | null;
    readonly leftOut: number;
  };
}

/** The state of the stream: `off` while the tab is hidden. */
export const connection = signal<"connecting" | "live" | "off">("connecting");

/** Whether events were left out in the last seconds. */
export const isSampled = signal(false);

/**
 * An event, or `unknown` if events were left out, or `all` if everything must be loaded again now.
 */
export type News = LiveEvent | "unknown" | "all";

/** Called with the news. */
export type LiveListener = (news: News) => void;

const listeners = new Set<LiveListener>();

/** Adds a listener. Returns a function that removes it. */
export function listen(listener: LiveListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Loads all data of the page again, such as after a change. */
export function reload(): void {
  tell("all");
}

function tell(news: News): void {
  for (const listener of listeners) listener(news);
}

/** The maximum number of events a second. The server leaves out further events. */
const mostEvents = 50;
/** The time for which the page says that events were left out, in milliseconds. */
const sampledForMs = 5_000;
/** The pauses before attempts to connect again, in milliseconds. The last pause is repeated. */
const retryMs = [500, 1_000, 2_000, 5_000] as const;
/**
 * The interval between readings of the clock, and the least difference between two readings that
 * means that the machine has slept. Both in milliseconds.
 */
const [tickMs, gapMs] = [1_000, 10_000];

let stream: EventSource | null = null;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let sampledTimer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
const leftOutBy = new Map<string, number>();

/** Keeps the stream open while the tab is visible, until the returned function is called. */
export function followEvents(): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  document.addEventListener("visibilitychange", connect, { signal });
  addEventListener("online", connect, { signal });
  const clock = watchClock();
  signal.addEventListener("abort", () => {
    clearInterval(clock);
    disconnect();
  });
  connect();
  return () => stop.abort();
}

function connect(): void {
  disconnect();
  if (document.hidden) return;
  connection.value = "connecting";
  stream = new EventSource(routeUrl(`events?perSecond=${mostEvents}&payloads=false`));
  stream.addEventListener("open", () => {
    failures = 0;
    connection.value = "live";
    reload(); // events may have been missed
  });
  stream.addEventListener("task", ({ data }) => take(JSON.parse(data)));
  stream.addEventListener("leftOut", noteLeftOut);
  stream.addEventListener("error", () => {
    // After some errors, EventSource itself does not connect again.
    disconnect();
    connection.value = "connecting";
    retryTimer = setTimeout(connect, retryMs[Math.min(failures++, retryMs.length - 1)]);
  });
}

function disconnect(): void {
  clearTimeout(retryTimer);
  stream?.close();
  stream = null;
  connection.value = "off";
}

function take(event: LiveEvent): void {
  const { from } = event;
  if (from !== undefined) {
    const sender = `${from.host} ${from.workerId}`;
    if (from.leftOut > (leftOutBy.get(sender) ?? 0)) noteLeftOut();
    leftOutBy.set(sender, from.leftOut);
  }
  tell(event);
}

/** Shows that events were left out. */
function noteLeftOut(): void {
  isSampled.value = true;
  clearTimeout(sampledTimer);
  sampledTimer = setTimeout(() => isSampled.value = false, sampledForMs);
  tell("unknown");
}

/**
 * Connects again after the machine has slept, because the connection may be broken without an
 * error. A large step of the clock means a sleep.
 */
function watchClock(): ReturnType<typeof setInterval> {
  let last = Date.now();
  return setInterval(() => {
    const now = Date.now();
    if (Math.abs(now - last) > gapMs && !document.hidden) connect();
    last = now;
  }, tickMs);
}
