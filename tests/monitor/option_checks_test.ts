// Invalid arguments are refused at the call, with their value and the remedy; secrets are not
// shown.

import { assert, assertStringIncludes, assertThrows } from "@std/assert";
import { createEverTask, InvalidArgumentError } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { sendAlerts } from "../../src/monitor/alerts/mod.ts";
import {
  createHealthChecks,
  createMonitorHub,
  nodeListener,
  nodeWebSockets,
} from "../../src/monitor/mod.ts";
import { createOpenTelemetry } from "../../src/monitor/otel/mod.ts";
import { createPrometheusExporter } from "../../src/monitor/prometheus/mod.ts";
import { type Anything, channels } from "./support/channels.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
const channel = { name: "mine", send: () => Promise.resolve() };

const health = (options: Anything) => createHealthChecks(everTask, options);
const hub = (options: Anything) => createMonitorHub(everTask, options);
const prometheus = (options: Anything) => createPrometheusExporter(everTask, options);
const alerts = (options: Anything) => sendAlerts(everTask, channel, options);

type Refused = [make: (options: Anything) => unknown, options: unknown, message: string];

const refused: Refused[] = [
  [createMonitorHub, undefined, "everTask is undefined, but it must be an instance"],
  [createMonitorHub, {}, "everTask.events is undefined"],
  [createHealthChecks, { events: everTask.events }, "everTask is "],
  [createPrometheusExporter, "evertask", 'everTask is "evertask"'],
  [(options) => createOpenTelemetry().observe(options), null, "everTask is null"],
  [(options) => sendAlerts(options, channel), 5, "everTask is 5"],

  [(options) => sendAlerts(everTask, options), {}, "channel is "],
  [(options) => sendAlerts(everTask, options), "https://x.example/S3CRET", "channel is "],
  [(options) => sendAlerts(everTask, options), { webhookUrl: "https://S3CRET" }, "channel is "],
  [alerts, { webhookUrl: "https://x.example/S3CRET" }, "options.webhookUrl is "],
  [alerts, "https://x.example/S3CRET", "options is "],
  [(options) => sendAlerts(everTask, options), { send() {} }, "channel.name is undefined"],
  [(options) => sendAlerts(everTask, options), { ...channel, batchSize: 0 }, "batchSize is 0"],
  [alerts, null, "options is null"],
  [alerts, { serverity: "Error" }, "options.serverity is"],
  [alerts, { severity: "error" }, 'filter.severity is "error", but it must be one of Information'],
  [alerts, { types: "charge-card" }, 'filter.types is "charge-card"'],
  [alerts, { kinds: ["fail"] }, 'filter.kinds[0] is "fail"'],
  [alerts, { filter: "Error" }, 'filter is "Error", but it must be a function'],
  [alerts, { keyOf: 5 }, "keyOf is 5"],
  [alerts, { logger: {} }, "logger is {}"],
  [alerts, { maxPerMinute: "10" }, 'maxPerMinute is "10"'],
  [alerts, { attempts: 0 }, "attempts is 0"],
  [alerts, { backoff: "1s" }, 'backoff is "1s"'],
  [alerts, { clock: {} }, "clock is {}, but it must be a clock"],

  ...Object.values(channels).flatMap(({ make, refused }) =>
    refused.map(([options, message]): Refused => [make, options, message])
  ),

  [prometheus, { buckets: [] }, "buckets is []"],
  [prometheus, { buckets: [1, 1] }, "buckets is [1,1]"],
  [prometheus, { buckets: [5, 1] }, "ascending order"],
  [prometheus, { buckets: [0, Infinity] }, "buckets is "],
  [prometheus, { buckets: 5 }, "buckets is 5"],
  [prometheus, { registry: {} }, "registry is {}, but it must be a Registry of prom-client"],
  [prometheus, { prefix: "ever-task" }, 'prefix is "ever-task"'],
  [prometheus, { maxTaskTypes: 0 }, "maxTaskTypes is 0"],
  [prometheus, { path: "metrics" }, 'path is "metrics"'],
  [prometheus, { cacheTime: "5s" }, 'cacheTime is "5s"'],
  [prometheus, { timeout: "4s" }, 'timeout is "4s"'],
  [prometheus, { prefix: 5 }, "prefix is 5"],
  [prometheus, { clock: Date }, "clock is the function Date"],
  [prometheus, { acessToken: "S3CRET" }, "options.acessToken is "],
  [prometheus, { accessToken: 1234567890 }, "accessToken is "],
  [createOpenTelemetry, { tracer: 5 }, "options.tracer is 5"],
  [createOpenTelemetry, { timeout: -1 }, "timeout is -1"],
  [createOpenTelemetry, { clock: 5 }, "clock is 5"],
  [createOpenTelemetry, { tracerProvider: 5 }, "tracerProvider is 5"],
  [createOpenTelemetry, { meterProvider: {} }, "meterProvider is {}"],

  [nodeListener, {}, "handler is {}, but it must be a function from Request to Response"],
  [(options) => nodeListener(() => new Response(), options), { loger: 5 }, "options.loger is 5"],
  [(options) => nodeListener(() => new Response(), options), { logger: 5 }, "logger is 5"],
  [nodeWebSockets, undefined, "server is undefined, but it must be a WebSocketServer of ws"],
  [hub, { acessToken: "S3CRET" }, "options.acessToken is "],
  [hub, { accessToken: "S3CRET" }, "accessToken is "],
  [hub, { upgrade: true }, "upgrade is true"],
  [hub, { redact: {} }, "redact is {}"],
  [hub, { allowedOrigins: "https://a.example" }, 'allowedOrigins is "https://a.example"'],
  [hub, { allowedOrigins: ["https://a.example/"] }, "without path"],
  [hub, { allowedHosts: "a.example" }, 'allowedHosts is "a.example"'],
  [hub, { allowedHosts: ["a.example:80"] }, "without scheme and port"],
  [hub, { maxPendingConnections: 0 }, "maxPendingConnections is 0"],
  [hub, { maxBacklog: 0 }, "maxBacklog is 0"],
  [hub, { keepAliveInterval: "15s" }, 'keepAliveInterval is "15s"'],
  [health, { worker: "no" }, 'worker is "no"'],
  [health, { backlog: { degarded: 5 } }, "backlog.degarded is 5"],
  [health, { backlog: { degraded: -1 } }, "backlog.degraded is -1"],
  [health, { failures: { degraded: "0.5" } }, 'failures.degraded is "0.5"'],
  [health, { failures: { minimum: 0 } }, "failures.minimum is 0"],
  [health, { failures: true }, "failures is true"],
  [health, { clock: {} }, "clock is {}"],
];

for (const [make, options, message] of refused) {
  Deno.test(`monitoring refuses invalid arguments: ${message}`, () => {
    const error = assertThrows(() => make(options), InvalidArgumentError);
    assertStringIncludes(error.message, message);
    const everything = Deno.inspect(error, { depth: 10, showHidden: true });
    assert(!everything.includes("S3CRET"), `it shows a secret: ${everything}`);
  });
}
