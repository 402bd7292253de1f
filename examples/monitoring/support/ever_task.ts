// The instance that the guides speak of; in your application it is your own.

import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { tasks } from "./shop.ts";

/** Stands for your instance. */
export const everTask = createEverTask({
  storage: memoryStorage(),
  tasks,
  queues: { email: {} },
});
