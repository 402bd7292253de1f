// The instance that the guides use. In your application, use your own.

import { createEverTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { tasks } from "./shop.ts";

/** Stands in for the instance of your application. */
export const everTask = createEverTask({
  storage: memoryStorage(),
  tasks,
  queues: { email: {} },
});
