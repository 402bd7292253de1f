// The requests and results about events that processes show each other; see storage_relay.ts.

/** A process that wants to see the events of the others. */
export interface EventWatcher {
  /** New for each start of a process: a text of up to 100 characters. */
  readonly id: string;
  /** Whether it wants the payloads of tasks. */
  readonly parameters: boolean;
}

/** A watcher that makes itself known, or says that it still watches. */
export interface WatchRequest extends EventWatcher {
  /** It counts as gone after this time, unless it says so again. Milliseconds. */
  readonly forMs: number;
}

/** The number of the last event that was read of each writer, by the writer's id. */
export type EventPositions = ReadonlyMap<string, number>;

/** The answer to {@linkcode WatchRequest}. */
export interface WatchResult {
  /** Whether workers are woken: the watcher is new, or wants payloads and did not before. */
  readonly began: boolean;
  /** All watchers, in the order of their ids. */
  readonly watchers: readonly EventWatcher[];
  /** The number of the last stored event of each writer that has some. */
  readonly positions: EventPositions;
}

/**
 * Events of one process, in their order. A writer counts its events from 1; the batch stands for
 * those from `since` + 1 to `upTo`, but may leave out some of them.
 */
export interface EventBatch {
  /** The writer: new for each start of a process, a text of up to 100 characters. */
  readonly writerId: string;
  /** The number of the last event before. */
  readonly since: number;
  /** The number of the last event. */
  readonly upTo: number;
  /** Where the process runs. */
  readonly host: string;
  /** The id of the process's worker; null without one. */
  readonly workerId: string | null;
  /** The events as JSON text. */
  readonly events: string;
}

/** Which batches {@linkcode Storage.readEvents} shall return. */
export interface ReadEventsRequest {
  /** What has been read. Writers that are not in it are read from their first stored batch on. */
  readonly after: EventPositions;
  /** The batches of this writer are left out. */
  readonly exceptFrom: string;
  /** At most this many batches of each writer. */
  readonly limit: number;
}

/** The answer to {@linkcode ReadEventsRequest}. */
export interface ReadEvents {
  /** The storage's clock. */
  readonly now: number;
  /** The batches of each writer by rising numbers. */
  readonly batches: readonly EventBatch[];
}
