// The edit of many tasks, as the user has entered it.

import { actionTexts } from "../texts.ts";
import { InvalidField } from "./change_problem.tsx";
import { toInstant } from "./local_input.ts";

/**
 * Returns the edit.
 *
 * @throws {InvalidField} If all inputs are empty.
 */
export function toSharedEdit(values: FormData): Readonly<Record<string, unknown>> {
  const [queue, priority, at] = ["queue", "priority", "at"].map((name) =>
    String(values.get(name) ?? "").trim()
  ) as [string, string, string];
  const edit = {
    ...queue !== "" && { queue },
    ...priority !== "" && { priority: Number(priority) },
    ...at !== "" && { at: toInstant(at) },
  };
  if (Object.keys(edit).length > 0) return edit;
  throw new InvalidField("queue", actionTexts.nothingChanged);
}
