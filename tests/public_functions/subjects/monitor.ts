// Describes the functions of monitoring. They are called with an instance that is not started, and
// their results are closed.

import { metrics, trace } from "@opentelemetry/api";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { createEverTask, silentLogger } from "../../../mod.ts";
import { systemClock } from "../../../src/storage/mod.ts";
import * as alerts from "../../../src/monitor/alerts/mod.ts";
import * as monitor from "../../../src/monitor/mod.ts";
import { createOpenTelemetry } from "../../../src/monitor/otel/mod.ts";
import { createPrometheusExporter } from "../../../src/monitor/prometheus/mod.ts";
import { channels } from "../../monitor/support/channels.ts";
import {
  allOptional,
  duration,
  errorClasses,
  optionalOptions,
  options,
  type Shape,
  type Subject,
  type Subjects,
  takes,
} from "../shapes.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });
const instance = takes(everTask);
const clock = takes(systemClock);
const logger = takes(silentLogger);
const accessToken = takes("a token of many characters", "text", "function");
const path = takes("/path");
const eventFilter = {
  severity: takes("Error"),
  types: takes(["a-task"]),
  kinds: takes(["failed"]),
};

/** Calls a function with an instance and options, and closes its result. */
function ended(make: unknown, more: readonly Shape[]): Subject {
  return {
    call: async (...args) => {
      const made = Reflect.apply(make as () => object, null, args);
      if ("close" in made) await (made.close as () => unknown)();
    },
    args: more,
  };
}

export const alertsSubjects: Subjects = {
  ...errorClasses(alerts),
  sendAlerts: [ended(alerts.sendAlerts, [
    instance,
    takes({ name: "a channel", send: () => Promise.resolve() }),
    optionalOptions({
      ...eventFilter,
      filter: takes(() => true),
      keyOf: takes(() => "key"),
      repeatAfter: duration,
      maxPerMinute: takes(5),
      maxQueue: takes(5),
      attempts: takes(5),
      backoff: duration,
      timeout: duration,
      logger,
      clock,
      newId: takes(() => "id"),
    }),
  ])],
  ...Object.fromEntries(
    Object.entries(channels).map(([name, { make, options }]) => [name, [ended(make, [options])]]),
  ),
};

const nodeOptions = optionalOptions({ logger });

export const monitorSubjects: Subjects = {
  createMonitorHub: [ended(monitor.createMonitorHub, [
    instance,
    optionalOptions({
      path,
      upgrade: takes(() => ({})),
      accessToken,
      authorize: takes(undefined, "undefined", "function"),
      allowedOrigins: takes(["https://example.org"], "list", "text"),
      allowedHosts: takes(["example.org"], "list", "text"),
      filter: options(allOptional(eventFilter)),
      scope: takes("process"),
      parameters: takes(true),
      redact: takes((event: unknown) => event),
      maxFieldLength: takes(500),
      maxMessageLength: takes(5_000),
      maxBacklog: takes(500),
      maxClients: takes(5),
      maxPendingConnections: takes(5),
      keepAliveInterval: duration,
      clientTimeout: takes({ minutes: 5 }, "number", "object"),
      handshakeTimeout: duration,
      pollTimeout: duration,
      logger,
      clock,
      newId: takes(() => "id"),
    }),
  ])],
  createHealthChecks: [ended(monitor.createHealthChecks, [
    instance,
    optionalOptions({
      worker: takes(false),
      maxHeartbeatAge: duration,
      backlog: options(allOptional({ degraded: duration, unhealthy: duration })),
      failures: {
        ...options(allOptional({
          degraded: takes(0.1),
          unhealthy: takes(0.5),
          window: duration,
          minimum: takes(5),
        })),
        kinds: new Set(["object", "boolean"]),
      },
      timeout: duration,
      cacheTime: duration,
      path,
      accessToken,
      clock,
    }),
  ])],
  nodeListener: [ended(monitor.nodeListener, [takes(() => new Response()), nodeOptions])],
  nodeWebSockets: [
    ended(monitor.nodeWebSockets, [takes({ handleUpgrade: () => {} }), nodeOptions]),
    {
      name: "upgradeListener",
      call: (handler) =>
        monitor.nodeWebSockets({ handleUpgrade: () => {} } as never).upgradeListener(handler),
      args: [takes(() => new Response())],
    },
  ],
};

const telemetry = {
  tracerProvider: takes(trace.getTracerProvider()),
  meterProvider: takes(metrics.getMeterProvider()),
  cacheTime: duration,
  timeout: duration,
  clock,
};

export const otelSubjects: Subjects = {
  createOpenTelemetry: [ended(createOpenTelemetry, [optionalOptions(telemetry)]), {
    name: "observe",
    call: (observed) => createOpenTelemetry().observe(observed)(),
    args: [instance],
  }],
};

export const prometheusSubjects: Subjects = {
  createPrometheusExporter: [ended(createPrometheusExporter, [
    instance,
    optionalOptions({
      prefix: takes("test_"),
      path,
      accessToken,
      buckets: takes([1, 2]),
      maxTaskTypes: takes(5),
      maxQueues: takes(5),
      cacheTime: duration,
      auditCacheTime: duration,
      timeout: duration,
      logger,
      clock,
    }),
  ])],
};
