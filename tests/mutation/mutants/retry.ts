// Retry policies: delays, filters and their stored form.

import type { Mutant } from "../mutant.ts";

const linearRetry = "src/retry/linear_retry.ts";
const linearRetryTests = ["tests/retry/policies_test.ts"];
const exponentialRetry = "src/retry/exponential_retry.ts";
const exponentialRetryTests = ["tests/retry/policies_test.ts"];
const filterablePolicy = "src/retry/filterable_policy.ts";
const filterablePolicyTests = ["tests/retry/policies_test.ts"];
const storedPolicy = "src/retry/stored_policy.ts";
const storedPolicyTests = ["tests/retry/stored_policy_test.ts"];
const transientNetworkErrors = "src/retry/transient_network_errors.ts";
const transientNetworkErrorsTests = ["tests/retry/presets_test.ts"];
const transientDatabaseErrors = "src/retry/transient_database_errors.ts";
const transientDatabaseErrorsTests = ["tests/retry/transient_codes_test.ts"];
const faultsTests = ["tests/faults/codes_test.ts"];

export const retry: readonly Mutant[] = [
  {
    file: linearRetry,
    original: "attempt > retries ? null",
    replacement: "attempt >= retries ? null",
    tests: linearRetryTests,
  },
  {
    file: linearRetry,
    original: "Math.min(attempt, delaysMs.length) - 1",
    replacement: "Math.min(attempt, delaysMs.length - 1)",
    tests: linearRetryTests,
  },
  {
    file: exponentialRetry,
    original: "if (attempt > retries) return null;",
    replacement: "if (attempt >= retries) return null;",
    tests: exponentialRetryTests,
  },
  {
    file: exponentialRetry,
    original: "factor ** (attempt - 1)",
    replacement: "factor ** attempt",
    tests: exponentialRetryTests,
  },
  {
    file: exponentialRetry,
    original: "jitter >= 0 && jitter <= 1",
    replacement: "jitter >= 0",
    tests: exponentialRetryTests,
  },
  {
    file: exponentialRetry,
    original: "Math.min(factor ** (attempt - 1), Number.MAX_VALUE)",
    replacement: "factor ** (attempt - 1)",
    tests: ["tests/retry/delays_test.ts"],
  },
  {
    file: filterablePolicy,
    original: "if (isInstance(error, TimeoutError)) return false;",
    replacement: "",
    tests: filterablePolicyTests,
  },
  {
    file: filterablePolicy,
    original: "if (handled.length > 0) return handled.some(({ matches }) => matches(error));",
    replacement: "",
    tests: filterablePolicyTests,
  },
  {
    file: filterablePolicy,
    original: "{ ...this.#filters, ...change }",
    replacement: "{ ...noFilters, ...change }",
    tests: filterablePolicyTests,
  },
  {
    file: filterablePolicy,
    original: `if (this.#filters.handled.length > 0) throw mixed("doNotHandle", classes);`,
    replacement: "",
    tests: filterablePolicyTests,
  },
  {
    file: filterablePolicy,
    original: "predicate !== null || notHandled.length > 0 || names.includes(null)",
    replacement: "predicate !== null || names.includes(null)",
    tests: ["tests/retry/stored_policy_test.ts"],
  },
  {
    file: filterablePolicy,
    original: "names.length === 0 ? this.#rule :",
    replacement: "true ? this.#rule :",
    tests: ["tests/retry/stored_policy_test.ts"],
  },
  {
    file: filterablePolicy,
    original: "!Number.isInteger(attempt) || attempt < 1",
    replacement: "!Number.isInteger(attempt)",
    tests: filterablePolicyTests,
  },
  {
    file: storedPolicy,
    original: `fromStoredPolicy(text);
  return text;`,
    replacement: "return text;",
    tests: storedPolicyTests,
  },
  {
    file: storedPolicy,
    original: "timeouts: (policy) => policy.handle(TimeoutError)",
    replacement: "timeouts: (policy) => policy",
    tests: storedPolicyTests,
  },
  {
    file: storedPolicy,
    original: "return filtered(linearRetry(data.retries, data.delaysMs), data.handle);",
    replacement: "return linearRetry(data.retries, data.delaysMs);",
    tests: storedPolicyTests,
  },
  {
    file: transientNetworkErrors,
    original: "if (isInstance(thrown, TimeoutError)) return false;",
    replacement: "",
    tests: transientNetworkErrorsTests,
  },
  {
    file: transientNetworkErrors,
    original: `if (name !== "TypeError" || typeof message !== "string") continue;`,
    replacement: `if (typeof message !== "string") continue;`,
    tests: ["tests/retry/transient_codes_test.ts"],
  },
  {
    file: "src/faults/postgres.ts",
    original: `typeof code === "string" && name !== "SqliteError"`,
    replacement: `typeof code === "string"`,
    tests: transientDatabaseErrorsTests,
  },
  {
    file: "src/faults/sqlite.ts",
    original: "faultOf(faults, resultCode, primaryCode(resultCode))",
    replacement: "faultOf(faults, primaryCode(resultCode), primaryCode(resultCode))",
    tests: faultsTests,
  },
  {
    file: "src/faults/postgres.ts",
    original: "faultOf(faults, code, code.slice(0, 2))",
    replacement: "faultOf(faults, code.slice(0, 2), code)",
    tests: faultsTests,
  },
  {
    file: "src/faults/sqlserver.ts",
    original: "[1203, 1204, 1205",
    replacement: "[1203, 1205",
    tests: faultsTests,
  },
  {
    file: transientDatabaseErrors,
    original: "if (fields.transient === true) return true;",
    replacement: "if (fields.transient) return true;",
    tests: transientDatabaseErrorsTests,
  },
];
