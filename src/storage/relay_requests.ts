// The requests and results for the exchange of events between processes; see storage_relay.ts.

/** A process that wants to see the events of other processes. */
export interface EventWatcher {
  /** The id, new for each start of a process; up to 100 characters. */
  readonly id: string;
  /** Whether the process wants the payloads of tasks. */
  readonly parameters: boolean;
}

/** A watcher to register or renew. */
export interface WatchRequest extends EventWatcher {
  /** The time after which the watcher expires unless it is renewed, in milliseconds. */
  readonly forMs: number;
}

/** The number of the last event that was read from each writer, by the writer's id. */
export type EventPositions = ReadonlyMap<string, number>;

/** The answer to {@linkcode WatchRequest}. */
export interface WatchResult {
  /** Whether workers are woken, because the watcher is new or now wants payloads. */
  readonly began: boolean;
  /** All watchers, in the order of their ids. */
  readonly watchers: readonly EventWatcher[];
  /** The number of the last stored event of each writer with stored events. */
  readonly positions: EventPositions;
}

/**
 * Events of one process, in order. A writer numbers its events from 1. The batch covers the events
 * from `since` + 1 to `upTo`, but may leave out some of these events.
 */
export interface EventBatch {
  /** The writer's id, new for each start of a process; up to 100 characters. */
  readonly writerId: string;
  /** The number of the last event before the batch. */
  readonly since: number;
  /** The number of the last event of the batch. */
  readonly upTo: number;
  /** The host of the process. */
  readonly host: string;
  /** The id of the process's worker; null if the process has none. */
  readonly workerId: string | null;
  /** The events as JSON text. */
  readonly events: string;
}

/** Selects the batches that {@linkcode Storage.readEvents} returns. */
export interface ReadEventsRequest {
  /**
   * The positions up to which events were read. A writer without a position is read from its first
   * stored batch.
   */
  readonly after: EventPositions;
  /** The writer whose batches are left out. */
  readonly exceptFrom: string;
  /** The maximum number of batches of each writer. */
  readonly limit: number;
}

/** The answer to {@linkcode ReadEventsRequest}. */
export interface ReadEvents {
  /** The storage's clock. */
  readonly now: number;
  /** The batches. The batches of one writer are in ascending order. */
  readonly batches: readonly EventBatch[];
}
