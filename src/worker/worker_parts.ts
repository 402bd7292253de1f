// The dependencies of a worker, which its components share.

import type { HomeContext } from "../time/home_context.ts";
import type { EventBus } from "../events/event_bus.ts";
import type { Logger } from "../log/logger.ts";
import type { Loggers } from "../log/loggers.ts";
import type { RateLimits } from "../rate_limit/rate_limits.ts";
import type { WorkerServes } from "../storage/records.ts";
import type { EventWatcher } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import type { AnyTask, Dispatch } from "../task/task.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import type { ExecutionSettings } from "./attempt/executor.ts";
import type { LeaseSettings } from "./lease/lease_keeper.ts";
import type { QueueSettings } from "../task/queue_settings.ts";

/** The dependencies of a worker. */
export interface WorkerParts {
  readonly storage: Storage;
  /** The context in which handlers, hooks and the worker itself run. */
  readonly home: HomeContext;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly loggers: Loggers;
  readonly events: EventBus;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly queues: ReadonlyMap<string, QueueSettings>;
  readonly rateLimits: RateLimits;
  /** Called with the event watchers that a heartbeat returns. */
  readonly onWatchers: (watchers: readonly EventWatcher[]) => void;
  /** Called when an operator has asked the worker to finish its tasks and stop. */
  readonly onDraining: () => void;
  readonly lease: LeaseSettings;
  readonly execution: ExecutionSettings;
  readonly dispatch: Dispatch;
  readonly newId: () => string;
}

/** The queues and types that the worker reports when it registers. */
export function servesOf({ queues, definitions }: WorkerParts): WorkerServes {
  return {
    queues: Array.from(queues, ([name, { parallelism }]) => ({ name, parallelism })),
    types: [...definitions.keys()],
  };
}
