// The part of the storage contract by which processes see each other's events; see storage.ts.

import type {
  EventBatch,
  EventWatcher,
  ReadEvents,
  ReadEventsRequest,
  WatchRequest,
  WatchResult,
} from "./requests.ts";

/**
 * The verbs of {@linkcode Storage} for events of all processes. Processes write their events only
 * while somebody watches, which heartbeats tell ({@linkcode HeartbeatResult.watchers}), and only for
 * a minute: what is here may be lost, and nothing else depends on it. Promises of their own:
 *
 * - Each batch of a writer is stored after the one before it. So a reader that passes on the numbers
 *   that it has read misses none, in whatever order the batches of different writers are stored.
 * - No verb waits long for a lock.
 */
export interface StorageRelay {
  /**
   * Makes a watcher known for a while, or for another while. If it begins to watch, workers of other
   * processes are woken where there are notifications.
   */
  watchEvents(request: WatchRequest): Promise<WatchResult>;

  /** Removes a watcher, if it is there. */
  unwatchEvents(watcherId: string): Promise<void>;

  /**
   * Stores a batch, unless nobody watches. A batch that is already stored stays as it is.
   *
   * @returns All watchers, in the order of their ids.
   */
  publishEvents(batch: EventBatch): Promise<readonly EventWatcher[]>;

  /** Reads stored batches. */
  readEvents(request: ReadEventsRequest): Promise<ReadEvents>;

  /**
   * Removes watchers whose time is over, and at most 100 batches that are older than a minute, or of
   * any age if nobody watches.
   *
   * @returns How many batches; below 100, there are no more.
   */
  sweepEvents(): Promise<number>;
}
