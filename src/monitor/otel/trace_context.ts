// The stored trace context, which connects a dispatch with its runs: W3C `traceparent`, version 00.
// https://www.w3.org/TR/trace-context/#traceparent-header

import { isSpanContextValid, type SpanContext } from "@opentelemetry/api";

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Formats a span's context. Returns null if tracing is off. */
export function formatTraceparent(context: SpanContext): string | null {
  if (!isSpanContextValid(context)) return null;
  const flags = (context.traceFlags & 0xff).toString(16).padStart(2, "0");
  return `00-${context.traceId}-${context.spanId}-${flags}`;
}

/** Parses the result of {@linkcode formatTraceparent}. Returns null if `text` is invalid. */
export function parseTraceparent(text: string | null): SpanContext | null {
  const [, version, traceId, spanId, flags, rest] = traceparent.exec(text ?? "") ?? [];
  if (!version || !traceId || !spanId || !flags) return null;
  // Later versions may have additional fields; version 00 has none. ff is not a version.
  if (version === "ff" || (version === "00" && rest !== undefined)) return null;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : null;
}
