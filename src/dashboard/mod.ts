/**
 * A dashboard for the people who operate an application: pages that show what all processes of a
 * store do, and why a task is not running.
 *
 * @module
 */

export { createDashboard } from "./create_dashboard.ts";
export type { Dashboard, DashboardOptions } from "./create_dashboard.ts";
