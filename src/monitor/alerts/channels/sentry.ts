// Sends failures as events to Sentry, with their stacks, so that Sentry groups them as it groups
// the application's own errors.
// https://develop.sentry.dev/sdk/foundations/transport/event-payloads/

import type { Severity } from "../../../events/task_event.ts";
import type { Alert, AlertChannel } from "../alert.ts";
import { type ExceptionPart, parseException, parseStack } from "../exception_text.ts";
import { sentryId, type SentryOptions, sentryTransport, traceContexts } from "./sentry_envelope.ts";

const levels: Readonly<Record<Severity, string>> = {
  Information: "info",
  Warning: "warning",
  Error: "error",
};

/**
 * Creates a channel that sends alerts to Sentry as events, without the payloads of tasks.
 *
 * @throws {InvalidArgumentError} If the DSN is invalid.
 */
export function sentryChannel(options: SentryOptions): AlertChannel {
  const sendEnvelope = sentryTransport(options);
  return {
    name: "Sentry",
    async send([alert], signal) {
      if (!alert) return;
      const payload = eventOf(alert, options);
      await sendEnvelope({ event_id: sentryId(alert.id) }, { type: "event", payload }, signal);
    },
  };
}

function eventOf({ id, event, count, suppressed }: Alert, options: SentryOptions): object {
  const { environment = "production", release } = options;
  return {
    event_id: sentryId(id),
    timestamp: event.eventDateUtc,
    platform: "javascript",
    level: levels[event.severity],
    logger: "evertask",
    transaction: event.taskType,
    environment,
    ...(release === undefined ? {} : { release }),
    ...(event.workerId === null ? {} : { server_name: event.workerId }),
    tags: { task_type: event.taskType, queue: event.queue, kind: event.kind },
    extra: {
      taskId: event.taskId,
      taskKey: event.taskKey,
      handler: event.taskHandlerType,
      attempt: event.attempt,
      durationMs: event.durationMs,
      message: event.message,
      count,
      suppressed,
    },
    ...traceContexts(event.traceContext),
    ...(event.exception === null
      // The message contains the task's id, so without a fingerprint each task would be a group of
      // its own.
      ? { message: event.message, fingerprint: [event.kind, event.taskType] }
      : { exception: { values: parseException(event.exception).map(exceptionValue).reverse() } }),
  };
}

/** Sentry expects the innermost cause first and the innermost frame last. */
function exceptionValue({ type, message, stack }: ExceptionPart): object {
  const frames = parseStack(stack).map((frame) => ({
    function: frame.function,
    filename: frame.file,
    abs_path: frame.file,
    lineno: frame.line,
    colno: frame.column,
    in_app: !/node_modules|^(node|ext|npm|jsr):/.test(frame.file),
  }));
  return {
    type,
    value: message,
    mechanism: { type: "evertask", handled: true },
    ...(frames.length > 0 ? { stacktrace: { frames: frames.reverse() } } : {}),
  };
}
