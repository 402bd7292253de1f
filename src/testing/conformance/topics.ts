// All topics of the conformance suite.

import { auditMatrix } from "./cases/audit_matrix.ts";
import { claim } from "./cases/claim.ts";
import { leasesAndFences } from "./cases/leases_and_fences.ts";
import { lostWorkers } from "./cases/lost_workers.ts";
import { opening } from "./cases/opening.ts";
import { persist } from "./cases/persist.ts";
import { recurringRuns } from "./cases/recurring_runs.ts";
import { statusChanges } from "./cases/status_changes.ts";
import { taskKeys } from "./cases/task_keys.ts";
import type { Topic } from "./scene.ts";

/** In the order of a task's life. */
export const topics: readonly Topic[] = [
  opening,
  persist,
  taskKeys,
  claim,
  statusChanges,
  auditMatrix,
  recurringRuns,
  leasesAndFences,
  lostWorkers,
];
