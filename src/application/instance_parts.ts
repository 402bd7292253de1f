// Creates and connects the parts of an instance. Only this file depends on all of them.

import { Dispatcher } from "../dispatch/dispatcher.ts";
import { UnservedQueues } from "../dispatch/unserved_queues.ts";
import { EventBus } from "../events/event_bus.ts";
import { EventRelay } from "../events/relay/event_relay.ts";
import { StoredTaskEvents } from "../events/stored_task_events.ts";
import { uuidV7Generator } from "../ids/uuid_v7.ts";
import { RateLimits } from "../rate_limit/rate_limits.ts";
import type { Clock } from "../time/clock.ts";
import { HomeContext } from "../time/home_context.ts";
import { StorageClock } from "../time/storage_clock.ts";
import { Worker } from "../worker/worker.ts";
import { Audit } from "./audit.ts";
import type { EverTaskSettings } from "./ever_task_options.ts";
import { Lifecycle } from "./lifecycle.ts";
import { RetentionKeeper } from "./retention_keeper.ts";
import { type Core, takeOver } from "./singleton.ts";

/** The parts of an instance. */
export interface InstanceParts {
  /** The core; instances with the same `singleton` name share it. */
  readonly core: Core;
  readonly home: HomeContext;
  /** A clock whose timers call back in the context of `home`. */
  readonly clock: Clock;
  readonly events: EventBus;
  readonly stored: StoredTaskEvents;
  readonly rateLimits: RateLimits;
  readonly storageClock: StorageClock;
}

/**
 * Creates the parts.
 *
 * @param runsUnstarted Whether dispatched tasks run without `start`, as in the test kit.
 */
export function makeParts(settings: EverTaskSettings, runsUnstarted: boolean): InstanceParts {
  const { storage, loggers, definitions, queues, lease, execution, retention } = settings;
  const home = new HomeContext();
  const clock = home.clock(settings.clock);
  const storageClock = new StorageClock(clock);
  const events = new EventBus(loggers("events"), home);
  const newId = uuidV7Generator(() => storageClock.now(), settings.random);
  const rateLimits = new RateLimits({
    definitions,
    storage,
    clock,
    storageClock,
    logger: loggers("worker"),
    retryForMs: lease.leaseMs,
  });
  const shared = { storage, clock, storageClock, events, definitions, queues, newId };
  const relay = new EventRelay({
    id: newId(),
    host: lease.host,
    workerId: () => life.worker?.workerId ?? null,
    storage,
    opened: () => life.opened(),
    bus: events,
    clock,
    storageClock,
    logger: loggers("events"),
  });
  const newWorker = () =>
    new Worker({
      ...shared,
      home,
      logger: loggers("worker"),
      loggers,
      rateLimits,
      onWatchers: (watchers) => relay.watchedBy(watchers),
      onDraining: () => life.stopRetention(),
      lease,
      execution,
      dispatch: (task, ...[payload, options]) =>
        dispatcher.dispatch(task, payload, options, "handler"),
    });
  // Retention always uses the storage of this instance, even after another instance has replaced
  // this one.
  const ownAudit = new Audit(() => life.opened(), clock);
  const life: Lifecycle = new Lifecycle({
    settings,
    home,
    storageClock,
    newWorker,
    newRetention: () =>
      retention && new RetentionKeeper(ownAudit, retention, clock, loggers("retention")),
    allDispatched: () => Promise.all([dispatcher.idle(), unservedQueues.stop()]),
    allRelayed: () => relay.stop(),
    allHeard: () => events.idle(),
  });
  const unservedQueues = new UnservedQueues({
    clock,
    logger: loggers("dispatch"),
    leaseMs: lease.leaseMs,
    workers: async () => (await life.opened()).workers(),
    isServing: () => life.worker?.isServing ?? false,
  });
  const dispatcher = new Dispatcher({
    ...shared,
    logger: loggers("dispatch"),
    opening: () => life.opening(),
    defaultAuditLevel: settings.defaultAuditLevel,
    instrumentation: execution.instrumentation,
    retryForMs: settings.dispatchRetryMs,
    worker: () => life.worker,
    onStoredForOthers: (queue) => {
      if (!runsUnstarted) unservedQueues.stored(queue);
    },
  });
  const own = { life, dispatcher };
  return {
    core: settings.singleton === undefined
      ? own
      : takeOver(settings.singleton, own, loggers("worker")),
    home,
    clock,
    events,
    stored: new StoredTaskEvents({ ...shared, logger: loggers("events") }),
    rateLimits,
    storageClock,
  };
}
