// All mutants, by the part of the code that they change.

import { api } from "./mutants/api.ts";
import { application } from "./mutants/application.ts";
import { attemptRecords } from "./mutants/attempt_records.ts";
import { attempts } from "./mutants/attempts.ts";
import { audit } from "./mutants/audit.ts";
import { calendars } from "./mutants/calendars.ts";
import { claimRanks } from "./mutants/claim_ranks.ts";
import { claiming } from "./mutants/claiming.ts";
import { dispatch } from "./mutants/dispatch.ts";
import { events } from "./mutants/events.ts";
import { leases } from "./mutants/leases.ts";
import { life } from "./mutants/life.ts";
import { memory } from "./mutants/memory.ts";
import { monitorAlerts } from "./mutants/monitor_alerts.ts";
import { monitorHealth } from "./mutants/monitor_health.ts";
import { monitorHttp } from "./mutants/monitor_http.ts";
import { monitorHub } from "./mutants/monitor_hub.ts";
import { monitorMetrics } from "./mutants/monitor_metrics.ts";
import { operate } from "./mutants/operate.ts";
import { operations } from "./mutants/operations.ts";
import { postgres } from "./mutants/postgres.ts";
import { postgresUpkeep } from "./mutants/postgres_upkeep.ts";
import { rateLimits } from "./mutants/rate_limits.ts";
import { retry } from "./mutants/retry.ts";
import { schedule } from "./mutants/schedule.ts";
import { simulation } from "./mutants/simulation.ts";
import { sqlite } from "./mutants/sqlite.ts";
import { sqliteNumbers } from "./mutants/sqlite_numbers.ts";
import { sqlserver } from "./mutants/sqlserver.ts";
import { values } from "./mutants/values.ts";
import { writing } from "./mutants/writing.ts";
import type { Mutant } from "./mutant.ts";

/** The lists, by name. */
export const mutantLists: Readonly<Record<string, readonly Mutant[]>> = {
  api,
  application,
  attemptRecords,
  attempts,
  audit,
  calendars,
  claimRanks,
  claiming,
  dispatch,
  events,
  leases,
  life,
  memory,
  monitorAlerts,
  monitorHealth,
  monitorHttp,
  monitorHub,
  monitorMetrics,
  operate,
  operations,
  postgres,
  postgresUpkeep,
  rateLimits,
  retry,
  schedule,
  simulation,
  sqlite,
  sqliteNumbers,
  sqlserver,
  values,
  writing,
};
