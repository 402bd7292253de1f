// Explains why a validator rejects a payload after a round trip through JSON: `z.date()` accepts
// the dispatched Date, but not the string that JSON makes of it. The validator's own message,
// "expected date, received string", would be confusing.

import { isInstance, readMember } from "../thrown/reading.ts";
import type { SchemaIssue, StandardSchema } from "./standard_schema.ts";
import { ask, pathOf, type Validated, whenAnswered } from "./validation.ts";

/** A payload, and the value parsed from its JSON. */
export interface WrittenPayload {
  readonly given: unknown;
  readonly read: unknown;
}

/**
 * Replaces the message of each issue that JSON causes: the validator does not report the issue for
 * the original payload, and a part of the payload, such as a `Date`, has its own JSON form.
 */
export function explainIssues(
  schema: StandardSchema,
  payload: WrittenPayload,
  issues: readonly SchemaIssue[],
): readonly SchemaIssue[] | Promise<readonly SchemaIssue[]> {
  if (findOwnForm(payload.given) === null) return issues;
  const explain = (answer: Validated) => {
    const unrelated = new Set(answer.issues?.map(placeOf));
    return issues.map((issue) =>
      unrelated.has(placeOf(issue)) ? issue : explained(schema, payload, issue)
    );
  };
  try {
    const explaining = whenAnswered(ask(schema, payload.given), explain);
    return explaining instanceof Promise ? explaining.catch(() => issues) : explaining;
  } catch {
    return issues; // the original payload is invalid, too
  }
}

function placeOf(issue: SchemaIssue): string {
  return JSON.stringify(pathOf(issue).map(String));
}

function explained(
  schema: StandardSchema,
  { given, read }: WrittenPayload,
  issue: SchemaIssue,
): SchemaIssue {
  const path = pathOf(issue);
  const further = findOwnForm(partOf(given, path));
  if (further === null) return issue;
  path.push(...further);
  const part = partOf(given, path);
  const isZodDate = isInstance(part, Date) && schema["~standard"].vendor === "zod";
  const remedy = isZodDate ? "use z.coerce.date()" : "have the validator read that";
  return { path, message: `${classOf(part)} arrives as ${kindOf(partOf(read, path))}: ${remedy}` };
}

/** Returns the path to the first part with a method `toJSON`; null if there is none. */
function findOwnForm(value: unknown): PropertyKey[] | null {
  if (typeof value !== "object" || value === null) return null;
  if (typeof readMember(value, "toJSON") === "function") return [];
  for (const key of Object.keys(value)) {
    const further = findOwnForm(readMember(value, key));
    if (further !== null) return [key, ...further];
  }
  return null;
}

function partOf(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(readMember, value);
}

function classOf(value: unknown): string {
  const name = readMember(readMember(value, "constructor"), "name");
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

function kindOf(read: unknown): string {
  if (read === null || read === undefined) return "null";
  if (Array.isArray(read)) return "a list";
  if (typeof read === "object") return "an object";
  return typeof read === "string" ? "a string" : `a ${typeof read}`;
}
