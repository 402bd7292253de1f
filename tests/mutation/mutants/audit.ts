// The decision table of audit levels, growth and retention.

import type { Mutant } from "../mutant.ts";

const auditPolicy = "src/storage/kit/audit_policy.ts";
const auditPolicyTests = ["tests/storage/kit/audit_policy_test.ts"];
const auditLevel = "src/audit/audit_level.ts";
const auditLevelTests = ["tests/storage/kit/audit_policy_test.ts"];
const auditModule = "src/application/audit.ts";
const auditModuleTests = ["tests/application/retention_test.ts"];
const retentionKeeper = "src/application/retention_keeper.ts";
const retentionKeeperTests = ["tests/application/retention_keeper_test.ts"];

export const audit: readonly Mutant[] = [
  {
    file: "src/storage/audit_growth.ts",
    original: "days < 1 ? null : rows / days",
    replacement: "rows / days",
    tests: ["tests/drivers/memory/conformance_test.ts"],
    filter: "reading",
  },
  {
    file: auditPolicy,
    original: `status === "Failed" || status === "ServiceStopped" || exception !== null`,
    replacement: `status === "Failed" || exception !== null`,
    tests: auditPolicyTests,
  },
  {
    file: auditPolicy,
    original: `status === "Failed" || status === "ServiceStopped" || exception !== null`,
    replacement: `status === "Failed" || status === "ServiceStopped"`,
    tests: auditPolicyTests,
  },
  {
    file: auditPolicy,
    original: `(rule === "on error" && isError(status, exception))`,
    replacement: `rule === "on error"`,
    tests: auditPolicyTests,
  },
  {
    file: auditPolicy,
    original: `return rules?.status !== "never" || rules.runs !== "never";`,
    replacement: "return true;",
    tests: auditPolicyTests,
  },
  {
    file: auditLevel,
    original: `Minimal: { status: "on error", runs: "always" }`,
    replacement: `Minimal: { status: "always", runs: "always" }`,
    tests: auditLevelTests,
  },
  {
    file: auditLevel,
    original: `auditLevels[stored ?? 0] ?? "Full"`,
    replacement: `auditLevels[stored ?? 1] ?? "Full"`,
    tests: auditLevelTests,
  },
  {
    file: auditModule,
    original: "await this.#rest(restFactor(now - began) * (now - started), signal);",
    replacement: "",
    tests: auditModuleTests,
  },
  {
    file: auditModule,
    original: "dryRun ? Number.MAX_SAFE_INTEGER : firstBatch",
    replacement: "firstBatch",
    tests: auditModuleTests,
    equivalent: "Stores count all rows in a dry run, regardless of the budget.",
  },
  {
    file: auditModule,
    original: "result.done || result.busy || dryRun",
    replacement: "result.done || dryRun",
    tests: auditModuleTests,
  },
  {
    file: auditModule,
    original: `signal?.removeEventListener("abort", end);`,
    replacement: "",
    tests: auditModuleTests,
  },
  {
    file: "src/storage/retention_policy.ts",
    original: "!Number.isInteger(maxExecutionLogsPerTask ?? 0)",
    replacement: "false as boolean",
    tests: auditModuleTests,
  },
  {
    file: retentionKeeper,
    original: "this.#stopping.abort();",
    replacement: "",
    tests: retentionKeeperTests,
  },
  {
    file: retentionKeeper,
    original: `this.#disarm = this.#clock.setTimer(() => {
      this.#purging = this.#purge();
    }, this.#settings.everyMs);`,
    replacement: "",
    tests: retentionKeeperTests,
  },
  {
    file: retentionKeeper,
    original: "if (signal.aborted) return;",
    replacement: "",
    tests: retentionKeeperTests,
  },
  {
    file: retentionKeeper,
    original: `Math.max(1_000, toMilliseconds(every, "retention.every"))`,
    replacement: `toMilliseconds(every, "retention.every")`,
    tests: retentionKeeperTests,
  },
];
