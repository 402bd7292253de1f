// All mutants, by the room of the code that they are in.

import { audit } from "./mutants/audit.ts";
import type { Mutant } from "./mutant.ts";

/** The lists, by name. */
export const mutantLists: Readonly<Record<string, readonly Mutant[]>> = {
  audit,
};
