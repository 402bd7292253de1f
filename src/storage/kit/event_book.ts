// Keeps the events that processes exchange, in memory.

import { checkFlag, checkNumber, isPlain } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type {
  EventBatch,
  EventWatcher,
  ReadEvents,
  ReadEventsRequest,
  WatchRequest,
  WatchResult,
} from "../relay_requests.ts";

/** The time for which batches are kept, in milliseconds. */
export const eventsKeptMs = 60_000;
/** The maximum number of batches that one {@linkcode StorageRelay.sweepEvents} removes. */
export const mostSwept = 100;

interface Watching extends EventWatcher {
  readonly expiresAt: number;
}

interface StoredBatch extends EventBatch {
  readonly writtenAt: number;
}

/**
 * Keeps watchers and events, as {@linkcode StorageRelay} specifies. The methods take the time in
 * epoch milliseconds, and throw an {@linkcode InvalidArgumentError} if an argument has the wrong
 * type.
 */
export class EventBook {
  readonly #watching = new Map<string, Watching>();
  /** The stored batches, in the order of writing. */
  #batches: StoredBatch[] = [];

  /** Implements {@linkcode StorageRelay.watchEvents}. */
  watch(request: WatchRequest, now: number): WatchResult {
    checkRequest(request, "request", {
      id: checkString,
      parameters: checkFlag,
      forMs: checkNumber,
    });
    const { id, parameters, forMs } = request;
    const before = this.watchers(now).find((watcher) => watcher.id === id);
    this.#watching.set(id, { id, parameters, expiresAt: now + forMs });
    return {
      began: before === undefined || parameters && !before.parameters,
      watchers: this.watchers(now),
      positions: new Map(this.#batches.map(({ writerId, upTo }) => [writerId, upTo])),
    };
  }

  /** Implements {@linkcode StorageRelay.unwatchEvents}. */
  unwatch(watcherId: string): void {
    checkString(watcherId, "watcherId");
    this.#watching.delete(watcherId);
  }

  /** Returns the watchers that have not expired, in the order of their ids. */
  watchers(now: number): EventWatcher[] {
    checkNumber(now, "now");
    return [...this.#watching.values()]
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ id, parameters }) => ({ id, parameters }))
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** Implements {@linkcode StorageRelay.publishEvents}. */
  publish(batch: EventBatch, now: number): EventWatcher[] {
    checkRequest(batch, "batch", {
      ...{ writerId: checkString, since: checkNumber, upTo: checkNumber, host: checkString },
      ...{ workerId: checkStringOrNull, events: checkString },
    });
    const watchers = this.watchers(now);
    const { writerId, upTo } = batch;
    const isStored = this.#batches.some((other) =>
      other.writerId === writerId && other.upTo === upTo
    );
    if (watchers.length > 0 && !isStored) this.#batches.push({ ...batch, writtenAt: now });
    return watchers;
  }

  /** Implements {@linkcode StorageRelay.readEvents}. */
  read(request: ReadEventsRequest, now: number): ReadEvents {
    const checks = { after: checkPositions, exceptFrom: checkString, limit: checkNumber };
    checkRequest(request, "request", checks);
    checkNumber(now, "now");
    const { after, exceptFrom, limit } = request;
    const taken = new Map<string, number>();
    const batches = this.#batches.filter(({ writerId, upTo }) => {
      if (writerId === exceptFrom || upTo <= (after.get(writerId) ?? 0)) return false;
      const count = (taken.get(writerId) ?? 0) + 1;
      taken.set(writerId, count);
      return count <= limit;
    });
    return { now, batches: batches.map(({ writtenAt: _, ...batch }) => batch) };
  }

  /** Implements {@linkcode StorageRelay.sweepEvents}. */
  sweep(now: number): number {
    checkNumber(now, "now");
    for (const { id, expiresAt } of this.#watching.values()) {
      if (expiresAt <= now) this.#watching.delete(id);
    }
    const isOld = ({ writtenAt }: StoredBatch) =>
      this.#watching.size === 0 || writtenAt < now - eventsKeptMs;
    const swept = new Set(this.#batches.filter(isOld).slice(0, mostSwept));
    this.#batches = this.#batches.filter((batch) => !swept.has(batch));
    return swept.size;
  }
}

type Check = (value: unknown, argument: string) => void;

function checkRequest<Request extends object>(
  request: Request,
  argument: string,
  checks: Readonly<Record<keyof Request, Check>>,
): void {
  if (!isPlain(request)) throw new InvalidArgumentError(argument, request, "be an object");
  for (const name of Object.keys(checks) as (keyof Request & string)[]) {
    checks[name](request[name], `${argument}.${name}`);
  }
}

function checkString(value: unknown, argument: string): void {
  if (typeof value !== "string") throw new InvalidArgumentError(argument, value, "be a string");
}

function checkStringOrNull(value: unknown, argument: string): void {
  if (value !== null) checkString(value, argument);
}

function checkPositions(value: unknown, argument: string): void {
  if (!(value instanceof Map)) throw new InvalidArgumentError(argument, value, "be a Map");
}
