// Keeps one instance per name in a process. A module that is evaluated again, for example by hot
// reload, makes a new instance. Without a name, the old instance would continue to run tasks with
// the old code.

import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "../log/logger.ts";

/**
 * The dependencies of an instance. Instances with the same name share one core, so calls of an
 * older instance go to the newest instance.
 */
export interface Core {
  life: Lifecycle;
  dispatcher: Dispatcher;
}

/**
 * The time that handlers of the previous instance may continue until they are aborted, in
 * milliseconds.
 */
const patienceMs = 5_000;

/** Several copies of this library in a process, as bundlers create them, share the register. */
const register = Symbol.for("evertask.singletons");

/**
 * Makes an instance the only instance with its name. If there is a previous instance, stops it
 * before the storage of the new instance is opened. If the previous instance was started, starts
 * the new instance.
 *
 * @returns The core that the instance uses.
 */
export function takeOver(name: string, own: Core, logger: Logger): Core {
  const holder = globalThis as { [register]?: Map<string, Core> };
  const cores = holder[register] ??= new Map<string, Core>();
  const shared = cores.get(name);
  if (shared === undefined) {
    cores.set(name, own);
    return own;
  }
  const { life: before } = shared;
  const ranTasks = before.isStarted;
  Object.assign(shared, own);
  own.life.openAfter(before.stop(patienceMs));
  if (ranTasks) {
    own.life.start().catch((error) =>
      logger.error("The instance {singleton} was replaced and could not be started: {error}", {
        singleton: name,
        error,
      })
    );
  }
  return shared;
}
