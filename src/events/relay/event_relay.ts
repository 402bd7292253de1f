// Exchanges events with the other processes of a store: writes the events of this process for the
// processes that watch, and reads the events of other processes for this process's subscribers.

import type { Logger } from "../../log/logger.ts";
import type { EventWatcher } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import type { EventBus, StoreFollower } from "../event_bus.ts";
import { RelayReader } from "./relay_reader.ts";
import { RelayWriter } from "./relay_writer.ts";

/** The dependencies of an {@linkcode EventRelay}. */
export interface EventRelayParts {
  /** The id of this process as a writer and a watcher; new for each instance. */
  readonly id: string;
  readonly host: string;
  /** The id of this process's worker; null while there is none. */
  readonly workerId: () => string | null;
  readonly storage: Storage;
  /** Opens the storage if it is not open. */
  readonly opened: () => Promise<unknown>;
  readonly bus: EventBus;
  readonly clock: Clock;
  /** The estimate of the storage's clock, which reading events synchronizes. */
  readonly storageClock: StorageClock;
  readonly logger: Logger;
}

/** Sends events to other processes, and receives theirs. Costs nothing while no process watches. */
export class EventRelay implements StoreFollower {
  readonly #writer: RelayWriter;
  readonly #reader: RelayReader;
  #isStopped = false;

  constructor(parts: EventRelayParts) {
    const { bus } = parts;
    this.#writer = new RelayWriter(parts);
    this.#reader = new RelayReader({
      ...parts,
      onWatchers: (watchers) => this.#writer.watchedBy(watchers),
      onEvent: (event) => bus.emitOfOthers(event),
      onLeftOut: (count) => bus.addLeftOut(count),
    });
    bus.follower = this;
  }

  /** Called with the watchers each time storage has returned them. */
  watchedBy(watchers: readonly EventWatcher[]): void {
    this.#writer.watchedBy(watchers);
  }

  follow(withParameters: boolean): void {
    if (!this.#isStopped) this.#reader.follow(withParameters);
  }

  rest(): void {
    void this.#reader.rest();
  }

  /** Writes the waiting events, and stops. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#reader.rest(), this.#writer.stop()]);
  }
}
