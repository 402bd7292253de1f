// The report of a health check.

/**
 * Healthy; working, but needing attention; not working. The names are those of ASP.NET, which
 * upstream's users know.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** One thing that was checked. */
export interface HealthCheck {
  /** The status of the check. */
  readonly status: HealthStatus;
  /** Why, in a sentence. */
  readonly description: string;
  /** The figures behind it. */
  readonly data: Readonly<Record<string, number | string | null>>;
}

/** Everything that was checked. */
export interface HealthReport {
  /** The worst of all checks. */
  readonly status: HealthStatus;
  /** When, in ISO 8601. */
  readonly checkedAt: string;
  /** The checks by name. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

const order: readonly HealthStatus[] = ["healthy", "degraded", "unhealthy"];

/** Puts checks together. */
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

/** The status of a figure that is the worse the larger it is. */
export function statusOf(
  figure: number,
  thresholds: { readonly degraded: number; readonly unhealthy: number },
): HealthStatus {
  if (figure >= thresholds.unhealthy) return "unhealthy";
  return figure >= thresholds.degraded ? "degraded" : "healthy";
}
