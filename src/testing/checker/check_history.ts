// The checker of histories.

import type { History } from "./history.ts";
import { callRules } from "./call_rules.ts";
import { endingRules } from "./ending_rules.ts";
import { endRules } from "./end_rules.ts";
import { limitRules } from "./limit_rules.ts";
import { operatorRules } from "./operator_rules.ts";
import { replay } from "./replay.ts";
import type { Rule } from "./rule.ts";
import { seriesRules } from "./series_rules.ts";
import { storeRules } from "./store_rules.ts";

/** All rules. */
export const rules: readonly Rule[] = [
  ...storeRules,
  ...callRules,
  ...endingRules,
  ...seriesRules,
  ...limitRules,
  ...operatorRules,
  ...endRules,
];

/**
 * Returns the faults of a history, one per line; empty without faults.
 *
 * @param checked The rules to check (default: all).
 */
export function checkHistory(history: History, checked: readonly Rule[] = rules): string[] {
  const replayed = replay(history);
  return checked.flatMap((rule) =>
    rule.check(replayed).map((broken) => `not so: ${rule.name}: ${broken}`)
  );
}
