// The problems of a payload that its task's validator refuses, each with its place in the payload.

import type { SchemaIssue } from "../payload/standard_schema.ts";
import { pathOf } from "../payload/validation.ts";
import type { ProblemError } from "./problems.ts";

/** The maximum number of problems in a response. */
const mostProblems = 100;

/** Returns the first problems of a payload. */
export function payloadProblems(issues: readonly SchemaIssue[]): ProblemError[] {
  return issues.slice(0, mostProblems).map((issue) => {
    const path = pathOf(issue);
    const problem = { name: "payload", detail: issue.message };
    return path.length === 0 ? problem : { ...problem, pointer: toPointer(path) };
  });
}

/** Returns a path as a JSON pointer (RFC 6901). */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(
    "",
  );
}
