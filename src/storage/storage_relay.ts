// The part of the storage contract for the exchange of events between processes; see storage.ts.

import type {
  EventBatch,
  EventWatcher,
  ReadEvents,
  ReadEventsRequest,
  WatchRequest,
  WatchResult,
} from "./requests.ts";

/**
 * The methods of {@linkcode Storage} for the events of all processes. Processes write their events
 * only while there is a watcher. Heartbeats return the watchers ({@linkcode
 * HeartbeatResult.watchers}). Events are kept for a minute. They may be lost, and nothing else
 * depends on them. Additional guarantees:
 *
 * - The batches of one writer are stored in order. A reader that passes its position for each
 *   writer misses no event, in whatever order the batches of different writers are stored.
 * - No method waits long for a lock.
 */
export interface StorageRelay {
  /**
   * Registers a watcher for a limited time, or renews it. If the watcher is new or now wants
   * payloads, the call wakes the workers of other processes, on stores with notifications.
   */
  watchEvents(request: WatchRequest): Promise<WatchResult>;

  /** Removes a watcher, if it is registered. */
  unwatchEvents(watcherId: string): Promise<void>;

  /**
   * Stores a batch if there is a watcher. Storing a batch again has no effect.
   *
   * @returns All watchers, in the order of their ids.
   */
  publishEvents(batch: EventBatch): Promise<readonly EventWatcher[]>;

  /** Reads stored batches. */
  readEvents(request: ReadEventsRequest): Promise<ReadEvents>;

  /**
   * Removes expired watchers, and at most 100 batches: batches older than a minute, or batches of
   * any age if there is no watcher.
   *
   * @returns The number of removed batches. If it is below 100, none are left to remove.
   */
  sweepEvents(): Promise<number>;
}
