// The operator and the reason of a change, which are recorded with the change.

import type { Operator } from "../../operate/operator.ts";
import { type Options, textOption, type Values } from "../frame/command.ts";
import type { Host } from "../frame/host.ts";

/** The options of a change. */
export const operatorOptions = {
  reason: { value: "TEXT", help: "The reason, which is recorded with the change" },
} as const satisfies Options;

/**
 * Returns the operator: the user of the operating system. A REST API records the user of its
 * token instead.
 */
export function operatorOf(values: Values, host: Host): Operator {
  const reason = textOption(values, "reason");
  return { by: host.user, ...reason !== undefined && { reason } };
}
