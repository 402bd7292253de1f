/**
 * Traces and metrics for OpenTelemetry, over the npm package `@opentelemetry/api`: spans that
 * connect a dispatch with its runs in any process, and metrics by the semantic conventions for
 * messaging.
 *
 * @module
 */
export {
  createOpenTelemetry,
  type MeterSource,
  type OpenTelemetry,
  type OpenTelemetryOptions,
  type ScopeOptions,
  type TracerSource,
} from "./open_telemetry.ts";
