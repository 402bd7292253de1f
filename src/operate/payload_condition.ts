// A condition on payloads as text: `path=value`, as the REST API and the command line take it.

import type { PayloadFilter } from "../storage/queries.ts";

/**
 * Parses a condition. A value that is no JSON text, number, boolean or null is a text:
 * `customer.id=42`, `name=ada`, `code="42"`. Returns null without an equals sign after a path.
 */
export function parsePayloadCondition(condition: string): PayloadFilter | null {
  const end = condition.indexOf("=");
  if (end < 1) return null;
  return { path: condition.slice(0, end), equals: toValue(condition.slice(end + 1)) };
}

/** Formats a condition. The path must not contain an equals sign. */
export function payloadConditionText({ path, equals }: PayloadFilter): string {
  return `${path}=${JSON.stringify(equals)}`;
}

function toValue(text: string): PayloadFilter["equals"] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return value as PayloadFilter["equals"];
  } catch {
    // a text without quotes
  }
  return text;
}
