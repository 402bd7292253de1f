// The report of a health check.

/**
 * The result of a check. `degraded` means working, but in need of attention; `unhealthy` means not
 * working. The names are those of ASP.NET, which upstream's users know.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** The result of one check. */
export interface HealthCheck {
  /** The status of the check. */
  readonly status: HealthStatus;
  /** The reason for the status, as a sentence. */
  readonly description: string;
  /** The figures of the check. */
  readonly data: Readonly<Record<string, number | string | boolean | null>>;
}

/** The results of all checks. */
export interface HealthReport {
  /** The worst status of all checks. */
  readonly status: HealthStatus;
  /** The instant of the report, in ISO 8601. */
  readonly checkedAt: string;
  /** The checks by name. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

const order: readonly HealthStatus[] = ["healthy", "degraded", "unhealthy"];

/** Combines checks to a report. */
export function report(checks: Readonly<Record<string, HealthCheck>>, now: number): HealthReport {
  const worst = Object.values(checks).reduce(
    (rank, { status }) => Math.max(rank, order.indexOf(status)),
    0,
  );
  return {
    status: order[worst] ?? "unhealthy",
    checkedAt: new Date(now).toISOString(),
    checks,
  };
}

/** Returns the status of a figure for which larger values are worse. */
export function statusOf(
  figure: number,
  thresholds: { readonly degraded: number; readonly unhealthy: number },
): HealthStatus {
  if (figure >= thresholds.unhealthy) return "unhealthy";
  return figure >= thresholds.degraded ? "degraded" : "healthy";
}
