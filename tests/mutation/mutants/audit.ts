// The decision table of audit levels, growth and retention.

import type { Mutant } from "../mutant.ts";

const policy = "src/audit/audit_policy.ts";
const policyTests = ["tests/audit/audit_policy_test.ts"];

export const audit: readonly Mutant[] = [
  {
    file: policy,
    original: `status === "Failed" || status === "ServiceStopped" || exception !== null`,
    replacement: `status === "Failed" || exception !== null`,
    tests: policyTests,
  },
  {
    file: policy,
    original: `status === "Failed" || status === "ServiceStopped" || exception !== null`,
    replacement: `status === "Failed" || status === "ServiceStopped"`,
    tests: policyTests,
  },
  {
    file: policy,
    original: `    case "Minimal":
    case "ErrorsOnly":
      return isError(status, exception);`,
    replacement: `    case "Minimal":
      return true;
    case "ErrorsOnly":
      return isError(status, exception);`,
    tests: policyTests,
  },
];
