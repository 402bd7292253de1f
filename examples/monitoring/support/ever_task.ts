// The instance that the guides use. In your application, use your own.

import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { tasks } from "./shop.ts";

/** Replaces your instance. */
export const everTask = createEverTask({
  storage: memoryStorage(),
  tasks,
  queues: { email: {} },
});
