// Warns about likely mistakes, once each: unknown queues, and series without a key.

import { similarName } from "../guards/similar_name.ts";
import type { Logger } from "../log/logger.ts";
import type { QueueSettings } from "../task/queue_settings.ts";
import type { AnyTask } from "../task/task.ts";

/** The parts of an instance that the warnings need. */
export interface WarningParts {
  readonly logger: Logger;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly queues: ReadonlyMap<string, QueueSettings>;
}

/**
 * The maximum number of unknown queues to warn about. A program may generate names, for example one
 * per customer.
 */
const mostUnknownQueues = 100;

/** Logs the warnings. */
export class MistakeWarnings {
  readonly #parts: WarningParts;
  readonly #unknownQueues = new Set<string>();
  readonly #keylessTypes = new Set<string>();

  /** Warns at once about registered tasks whose queue the instance does not have. */
  constructor(parts: WarningParts) {
    this.#parts = parts;
    for (const { type, queue } of parts.definitions.values()) {
      if (queue !== undefined && !parts.queues.has(queue)) this.unknownQueue(queue, type);
    }
  }

  /** Warns that a task, or a dispatch of it, names a queue that the instance does not have. */
  unknownQueue(queue: string, taskType: string): void {
    if (this.#unknownQueues.has(queue)) return;
    if (this.#unknownQueues.size === mostUnknownQueues) return;
    this.#unknownQueues.add(queue);
    const { logger, queues } = this.#parts;
    const similar = similarName(queue, queues.keys());
    logger.warn(
      'There is no queue "{queue}": tasks of type "{taskType}" go to "default". ' +
        (similar === null ? "" : 'The most similar one is "{similar}". ') +
        "Add it to the queues of createEverTask, or correct the name.",
      { queue, taskType, ...similar === null ? {} : { similar } },
    );
  }

  /** Warns that a series was dispatched without a task key. */
  keylessSeries(taskType: string): void {
    if (this.#keylessTypes.has(taskType)) return;
    this.#keylessTypes.add(taskType);
    this.#parts.logger.warn(
      'A series of task "{taskType}" was dispatched without a taskKey: each start of the program ' +
        "makes another one. Pass a taskKey, under which it is registered once.",
      { taskType },
    );
  }
}
