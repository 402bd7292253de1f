// All topics of the conformance suite.

import { auditMatrix } from "./cases/audit_matrix.ts";
import { awkwardText } from "./cases/awkward_text.ts";
import { cancel } from "./cases/cancel.ts";
import { changesByHand } from "./cases/changes_by_hand.ts";
import { claim } from "./cases/claim.ts";
import { concurrency } from "./cases/concurrency.ts";
import { damagedRows } from "./cases/damaged_rows.ts";
import { eventRelay } from "./cases/event_relay.ts";
import { executionLogs } from "./cases/execution_logs.ts";
import { faults } from "./cases/faults.ts";
import { leasesAndFences } from "./cases/leases_and_fences.ts";
import { lostWorkers } from "./cases/lost_workers.ts";
import { opening } from "./cases/opening.ts";
import { operations } from "./cases/operations.ts";
import { operatedStore } from "./cases/operated_store.ts";
import { operatorActions } from "./cases/operator_actions.ts";
import { persist } from "./cases/persist.ts";
import { queues } from "./cases/queues.ts";
import { rateSlots } from "./cases/rate_slots.ts";
import { readingAndPaging } from "./cases/reading_and_paging.ts";
import { recurringRuns } from "./cases/recurring_runs.ts";
import { releaseAndMakeDue } from "./cases/release_and_make_due.ts";
import { retention } from "./cases/retention.ts";
import { searching } from "./cases/searching.ts";
import { seriesCorrections } from "./cases/series_corrections.ts";
import { statusChanges } from "./cases/status_changes.ts";
import { tags } from "./cases/tags.ts";
import { taskKeys } from "./cases/task_keys.ts";
import { workReports } from "./cases/work_reports.ts";
import { workers } from "./cases/workers.ts";
import type { Topic } from "./scene.ts";

/** The topics in the order of a task's lifecycle. */
export const topics: readonly Topic[] = [
  opening,
  persist,
  taskKeys,
  claim,
  statusChanges,
  changesByHand,
  auditMatrix,
  recurringRuns,
  seriesCorrections,
  leasesAndFences,
  workers,
  lostWorkers,
  cancel,
  releaseAndMakeDue,
  operations,
  operatorActions,
  operatedStore,
  queues,
  rateSlots,
  readingAndPaging,
  searching,
  tags,
  workReports,
  awkwardText,
  executionLogs,
  eventRelay,
  retention,
  concurrency,
  faults,
  damagedRows,
];
