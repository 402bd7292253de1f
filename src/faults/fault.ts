// Decides by an error's code whether a retry can succeed. Each database has a list of codes in a
// file of this folder, which both its driver and the retry presets use.

import { checkMethods } from "../guards/argument_checks.ts";

/**
 * Whether a retry after a pause can succeed. It can if the database is `unavailable`, or if its
 * disk or quota is `full`, because space can become free. It cannot if the fault is `lasting`.
 */
export type Fault = "unavailable" | "full" | "lasting";

/**
 * Returns the fault of a code. An entry for the code itself takes precedence over an entry for its
 * class.
 *
 * @param faults The faults by code and by class. Other codes are `lasting`.
 * @param code The code of the error.
 * @param classOfCode The class of the code: for a SQLSTATE, its first two characters.
 * @throws {InvalidArgumentError} If `faults` is not a Map.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Fault, faultOf } from "@evertask/evertask/storage";
 *
 * const faults = new Map<string, Fault>([["57", "unavailable"], ["57P04", "lasting"]]);
 * assertEquals(faultOf(faults, "57P03", "57"), "unavailable");
 * assertEquals(faultOf(faults, "57P04", "57"), "lasting");
 * ```
 */
export function faultOf<Code>(
  faults: ReadonlyMap<Code, Fault>,
  code: Code,
  classOfCode: Code,
): Fault {
  checkMethods(faults, ["get"], "faults", "be a Map");
  return faults.get(code) ?? faults.get(classOfCode) ?? "lasting";
}
