/**
 * Live monitoring: a hub for SignalR's standard clients, and health checks. Both have a function
 * `fetch` from `Request` to `Promise<Response>`, which can be mounted in any server.
 *
 * @module
 */
export { createMonitorHub, type MonitorHub } from "./hub/monitor_hub.ts";
export type { MonitorHubOptions, UpgradedWebSocket, UpgradeWebSocket } from "./hub/hub_options.ts";
export type { HubSocket } from "./hub/web_socket_transport.ts";
export type { AccessToken } from "./http/access_token.ts";
export type { AllowedOrigins } from "./http/origins.ts";
export type { AllowedHosts } from "./http/hosts.ts";
export {
  type FetchHandler,
  type NodeAdapterOptions,
  nodeListener,
  type NodeWebSockets,
  nodeWebSockets,
} from "./adapters/node.ts";
export type {
  NodeRequest,
  NodeResponse,
  NodeSink,
  NodeSocket,
  NodeWebSocketServer,
} from "./adapters/node_types.ts";
export { createHealthChecks, type HealthChecks } from "./health/health_checks.ts";
export type {
  BacklogThresholds,
  FailureThresholds,
  HealthOptions,
} from "./health/health_options.ts";
export type { HealthCheck, HealthReport, HealthStatus } from "./health/health_report.ts";
export type { EventOrigin, FigureOrigin, WorkerOrigin } from "./monitored.ts";
export type {
  EventScope,
  EventSender,
  SubscriptionOptions,
  TaskEventSource,
} from "../events/task_event.ts";
export type {
  DispatchedTask,
  ExecutedTask,
  Instrumentation,
} from "../instrumentation/instrumentation.ts";
