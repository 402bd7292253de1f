// Histories that violate the rules for operators.

import * as operator from "../../../src/testing/checker/operator_rules.ts";
import type { FinalAction } from "../../../src/testing/checker/operator_entries.ts";
import type { Broken } from "./broken_series.ts";
import {
  acted,
  answered,
  changed,
  claimed,
  completed,
  edited,
  seen,
  started,
  stored,
} from "./histories.ts";

const deleted = edited({ change: "delete" });
const record: FinalAction = { by: "p1 1", verb: "edit", changed: 1, skipped: 0 };

/** Violations of the rules for operators. */
export const brokenOperations: readonly Broken[] = [
  [operator.versionsHold, "a change of a task that has changed since it was seen", [
    stored(),
    seen(),
    claimed(),
    edited({ change: { cancelRequested: true } }),
  ]],
  [operator.versionsHold, "a second change of one version", [stored(), seen(), edited(), edited()]],
  [operator.versionsHold, "a change of a version that was never seen", [stored(), edited()]],
  [operator.versionsHold, "a change of another version than the operator has named", [
    stored(),
    seen(),
    edited({ named: "v0" }),
  ]],
  [operator.versionsHold, "a refused change of the present version", [
    stored(),
    seen(),
    edited({ applied: false }),
  ]],
  [operator.heldTasksStay, "an edit of a task that a worker holds", [
    stored(),
    claimed(),
    edited(),
  ]],
  [operator.heldTasksStay, "a deletion of a task that a worker holds", [
    stored(),
    claimed(),
    deleted,
  ]],
  [operator.deletionsHold, "a claim of a deleted task", [stored(), deleted, claimed()]],
  [operator.deletionsHold, "a start of a deleted task", [
    stored(),
    claimed(),
    changed({ dueAt: 0, transitions: ["InProgress", "Pending!"] }),
    deleted,
    started({ attempt: 2 }),
  ]],
  [operator.deletionsHold, "a deleted task that is still there", [stored(), deleted], [
    completed(),
  ]],
  [operator.payloadsAsEdited, "a handler that gets the former payload", [
    stored(),
    edited({ change: { dispatch: 1_001 } }),
    claimed(),
    started({ dispatch: 1 }),
  ]],
  [operator.payloadsAsEdited, "a handler that gets the payload of a refused change", [
    stored(),
    edited({ change: { dispatch: 1_001 }, applied: false }),
    claimed(),
    started({ dispatch: 1_001 }),
  ]],
  [operator.actionsRecorded, "a change without a record", [stored(), acted(), edited()]],
  [operator.actionsRecorded, "a change that is not to be recorded", [
    stored(),
    acted({ recorded: false }),
    edited(),
  ]],
  [
    operator.actionsRecorded,
    "a record of a change that was refused",
    [
      stored(),
      acted({ recorded: false, changed: 0 }),
      edited({ applied: false }),
    ],
    [],
    [record],
  ],
  [
    operator.actionsRecorded,
    "an action without effect that is to be recorded",
    [
      acted({ changed: 0 }),
    ],
    [],
    [{ ...record, changed: 0 }],
  ],
  [
    operator.actionsRecorded,
    "a record that counts a batch twice",
    [
      acted({ isBatch: true }),
      acted({ isBatch: true, continues: true, changed: 0, skipped: 2 }),
    ],
    [],
    [{ ...record, skipped: 4 }],
  ],
  [operator.actionsRecorded, "two records of one action", [stored(), acted(), edited()], [], [
    record,
    record,
  ]],
  [operator.actionsRecorded, "a pause without a record", [
    { at: 0, instance: "p1", kind: "paused", queue: "default", by: "p1 1" },
  ]],
  [operator.answersTrue, "a change that was answered as refused", [
    stored(),
    edited(),
    answered({ what: "operate edit t1", answer: "refused: changed" }),
  ]],
  [operator.answersTrue, "a confirmed change that was not made", [
    stored(),
    edited({ applied: false }),
    answered({ what: "operate edit t1", answer: "changed 1" }),
  ]],
];
