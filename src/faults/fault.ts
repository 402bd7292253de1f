// What an error's code says about trying again. Each database has its list in a file beside this
// one; its driver and the retry presets both read it, so that they agree.

import { checkMethods } from "../guards/argument_checks.ts";

/**
 * Whether a retry after a pause can help. It can if the database is `unavailable`, or its disk or
 * quota is `full`, since room can be made. It cannot if the fault is `lasting`.
 */
export type Fault = "unavailable" | "full" | "lasting";

/**
 * Returns the fault of a code. An entry for the code itself wins over one for its class.
 *
 * @param faults The faults by code and by class. Other codes are `lasting`.
 * @param code The code of the error.
 * @param classOfCode The class that the code belongs to: for a SQLSTATE its first two characters.
 * @throws {InvalidArgumentError} If `faults` is no Map.
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
