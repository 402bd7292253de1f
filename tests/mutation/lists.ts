// All mutants, by the room of the code that they are in.

import { application } from "./mutants/application.ts";
import { attempts } from "./mutants/attempts.ts";
import { audit } from "./mutants/audit.ts";
import { claiming } from "./mutants/claiming.ts";
import { dispatch } from "./mutants/dispatch.ts";
import { events } from "./mutants/events.ts";
import { leases } from "./mutants/leases.ts";
import { life } from "./mutants/life.ts";
import { rateLimits } from "./mutants/rate_limits.ts";
import { retry } from "./mutants/retry.ts";
import { schedule } from "./mutants/schedule.ts";
import { values } from "./mutants/values.ts";
import { writing } from "./mutants/writing.ts";
import type { Mutant } from "./mutant.ts";

/** The lists, by name. */
export const mutantLists: Readonly<Record<string, readonly Mutant[]>> = {
  application,
  attempts,
  audit,
  claiming,
  dispatch,
  events,
  leases,
  life,
  rateLimits,
  retry,
  schedule,
  values,
  writing,
};
