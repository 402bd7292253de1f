// Describes createDashboard, which is called with an instance that is not started.

import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createEverTask, silentLogger } from "../../../mod.ts";
import { createDashboard } from "../../../src/dashboard/mod.ts";
import { type Subjects, takes } from "../shapes.ts";
import { apiOptions } from "./api.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });

export const dashboardSubjects: Subjects = {
  createDashboard: [{
    call: (...args) =>
      Reflect.apply(createDashboard as (...args: unknown[]) => unknown, null, args),
    args: [takes(everTask), apiOptions],
  }],
};
