// Sends events as telemetry to Azure Application Insights, over its ingestion protocol: events of
// severity `Error` as exceptions, other events as custom events. The names are those of upstream.
// https://github.com/microsoft/ApplicationInsights-Home/blob/master/EndpointSpecs/ENDPOINT-PROTOCOL.md

import {
  checkFunction,
  checkSecretOptions,
  checkText,
  hidden,
} from "../../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import type { Severity } from "../../../events/task_event.ts";
import { jsonText } from "../../json_text.ts";
import { type Alert, type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { parseException } from "../exception_text.ts";
import { deliver, type Fetch, isHttpUrl, quote } from "../http_delivery.ts";
import { cut } from "../wording.ts";

/** Options of {@linkcode applicationInsightsChannel}. */
export interface ApplicationInsightsOptions {
  /**
   * The connection string from the Azure portal:
   * `InstrumentationKey=…;IngestionEndpoint=https://…`.
   */
  readonly connectionString: string;
  /** The name of this service on the application map. */
  readonly roleName?: string;
  /**
   * Sends the request.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
}

/** The levels of the protocol. */
const levels: Readonly<Record<Severity, number>> = { Information: 1, Warning: 2, Error: 3 };
const maxMessageLength = 32_768;
const maxPropertyLength = 8_192;
/** Statuses of items that may be sent again. */
const temporary = [408, 429, 439, 500, 502, 503, 504];

/**
 * Creates a channel that sends events to Application Insights in batches. By default it sends every
 * event; the options of {@linkcode sendAlerts} can limit them.
 *
 * @throws {InvalidArgumentError} If the connection string has no key, or no valid address.
 */
export function applicationInsightsChannel(options: ApplicationInsightsOptions): AlertChannel {
  checkSecretOptions(options, { connectionString: true, roleName: true, fetch: true }, "options");
  checkFunction(options.fetch, "fetch");
  if (options.roleName !== undefined) checkText(options.roleName, "roleName");
  const { instrumentationKey, url } = parseConnectionString(options.connectionString);
  return {
    name: "Application Insights",
    // All events are sent, because telemetry does not notify people.
    defaults: { severity: "Information", repeatAfter: 0, maxPerMinute: Infinity, maxQueue: 10_000 },
    batchSize: 100,
    async send(alerts, signal) {
      const envelopes = alerts.map((alert) =>
        jsonText(envelopeOf(alert, instrumentationKey, options.roleName))
      );
      const headers = { "content-type": "application/x-json-stream" };
      const secrets = [instrumentationKey];
      const delivery = { url, headers, body: envelopes.join("\n"), secrets };
      const answer = await deliver("Application Insights", delivery, signal, options.fetch);
      if (answer.status === 206) reportPartial(answer.text, alerts, secrets);
    },
  };
}

function parseConnectionString(text: unknown): { instrumentationKey: string; url: string } {
  const fields = new Map(
    (typeof text === "string" ? text : "").split(";").map((field) => {
      const [name = "", ...value] = field.split("=");
      return [name.trim().toLowerCase(), value.join("=").trim()];
    }),
  );
  const instrumentationKey = fields.get("instrumentationkey");
  const endpoint = fields.get("ingestionendpoint") ?? "https://dc.services.visualstudio.com";
  if (!instrumentationKey || !isHttpUrl(endpoint)) {
    throw new InvalidArgumentError(
      "connectionString",
      hidden(text),
      "have an InstrumentationKey and, if any, a valid IngestionEndpoint",
    );
  }
  return { instrumentationKey, url: `${endpoint.replace(/(?<!\/)\/+$/, "")}/v2.1/track` };
}

function envelopeOf(alert: Alert, instrumentationKey: string, roleName?: string): object {
  const { event } = alert;
  const isError = event.severity === "Error";
  const [, traceId, spanId] = event.traceContext?.split("-") ?? [];
  return {
    time: event.eventDateUtc,
    iKey: instrumentationKey,
    name: `Microsoft.ApplicationInsights.${isError ? "Exception" : "Event"}`,
    tags: {
      ...(roleName === undefined ? {} : { "ai.cloud.role": roleName }),
      ...(event.workerId === null ? {} : { "ai.cloud.roleInstance": event.workerId }),
      ...(traceId ? { "ai.operation.id": traceId } : {}),
      ...(spanId ? { "ai.operation.parentId": spanId } : {}),
    },
    data: isError
      ? { baseType: "ExceptionData", baseData: exceptionData(alert) }
      : { baseType: "EventData", baseData: eventData(alert) },
  };
}

function exceptionData(alert: Alert): object {
  const { event } = alert;
  const parts = parseException(event.exception ?? event.message);
  return {
    ver: 2,
    severityLevel: levels[event.severity],
    exceptions: parts.map(({ type, message, stack }, index) => ({
      id: index + 1,
      outerId: index,
      typeName: type,
      message: cut(message, maxMessageLength),
      hasFullStack: stack !== "",
      stack: cut(stack, maxMessageLength),
    })),
    ...details(alert),
  };
}

function eventData(alert: Alert): object {
  return { ver: 2, name: `EverTask.${alert.event.severity}`, ...details(alert) };
}

function details({ id, event, count, suppressed }: Alert): object {
  const properties: Record<string, string | null> = {
    AlertId: id,
    TaskId: event.taskId,
    TaskType: event.taskType,
    TaskHandlerType: event.taskHandlerType,
    Severity: event.severity,
    Kind: event.kind,
    Queue: event.queue,
    TaskKey: event.taskKey,
    WorkerId: event.workerId,
    Message: event.message,
  };
  const measurements: Record<string, number | null> = {
    attempt: event.attempt,
    count,
    suppressed,
    durationMs: event.durationMs,
    waitMs: event.waitMs,
  };
  return {
    properties: withoutNull(properties, (text) => cut(text, maxPropertyLength)),
    measurements: withoutNull(measurements, (value) => value),
  };
}

function withoutNull<T>(
  record: Readonly<Record<string, T | null>>,
  map: (value: T) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => value === null ? [] : [[name, map(value)]]),
  );
}

/** Throws an error with the alerts that have not arrived, if there are any. */
function reportPartial(text: string, alerts: readonly Alert[], secrets: readonly string[]): void {
  const items = refusedItems(text);
  const alertsOf = (isDeferred: boolean) =>
    items.filter(({ statusCode }) => temporary.includes(statusCode) === isDeferred)
      .flatMap(({ index }) => alerts[index] ?? []);
  const [deferred, refused] = [alertsOf(true), alertsOf(false)];
  const undelivered = [...deferred, ...refused];
  if (undelivered.length === 0) return;
  throw new AlertDeliveryError(
    `Application Insights has deferred ${deferred.length} of ${alerts.length} items, and refused ${refused.length}` +
      quote(text, secrets),
    { undelivered, refused, permanent: deferred.length === 0 },
  );
}

interface RefusedItem {
  readonly index: number;
  readonly statusCode: number;
}

function refusedItems(text: string): readonly RefusedItem[] {
  try {
    const { errors } = JSON.parse(text) as { readonly errors: readonly RefusedItem[] };
    return errors.map(({ index, statusCode }) => ({ index, statusCode }));
  } catch {
    // Sending all items again would duplicate the items that have arrived.
    const message = "Application Insights has refused items, and its answer does not say which";
    throw new AlertDeliveryError(message, { permanent: true });
  }
}
