/**
 * A dashboard for operators: pages that show the tasks, queues and workers of all processes of a
 * store, and why a task is not running.
 *
 * @module
 */

export { createDashboard } from "./create_dashboard.ts";
export type { Dashboard, DashboardOptions } from "./create_dashboard.ts";
export { serveDashboard } from "./serve_dashboard.ts";
export type { DashboardServer, ServeDashboardOptions } from "./serve_dashboard.ts";
