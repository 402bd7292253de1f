// Describes createDashboard and serveDashboard, which are called with an instance that is not
// started.

import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createEverTask, silentLogger } from "../../../mod.ts";
import {
  createDashboard,
  type DashboardServer,
  serveDashboard,
} from "../../../src/dashboard/mod.ts";
import { type Subjects, takes } from "../shapes.ts";
import { apiOptionsWith } from "./api.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });

export const dashboardSubjects: Subjects = {
  createDashboard: [{
    call: (...args) =>
      Reflect.apply(createDashboard as (...args: unknown[]) => unknown, null, args),
    args: [takes(everTask), apiOptionsWith({})],
  }],
  serveDashboard: [{
    call: async (...args) => {
      const served = Reflect.apply(serveDashboard as (...args: unknown[]) => unknown, null, args);
      const { stop } = await served as DashboardServer;
      await stop();
    },
    args: [
      takes(everTask),
      apiOptionsWith({ port: takes(0), hostname: takes("localhost") }),
    ],
  }],
};
