// Spans and metrics for OpenTelemetry: one span for each dispatch and one for each execution, in
// any process, connected by the trace context that is stored with the task.

import type { OptionNames } from "../../guards/option_names.ts";
import {
  type Attributes,
  type Link,
  type Meter,
  metrics,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { checkMethods, checkOptions } from "../../guards/argument_checks.ts";
import { guardClock } from "../../time/guarded_clock.ts";
import type {
  DispatchedTask,
  ExecutedTask,
  Instrumentation,
} from "../../instrumentation/instrumentation.ts";
import { errorParts } from "../../thrown/describe_error.ts";
import { checkClock, type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { version } from "../../ids/version.ts";
import { checkOrigin, type EventOrigin, figureMethods, type FigureOrigin } from "../monitored.ts";
import { errorType, operationAttributes, taskAttributes } from "./attributes.ts";
import { Instruments } from "./instruments.ts";
import { observe } from "./observation.ts";
import { formatTraceparent, parseTraceparent } from "./trace_context.ts";

/** A `TracerProvider` of @opentelemetry/api. */
export interface TracerSource {
  /** Returns the tracer of an instrumentation. */
  getTracer(name: string, version?: string, options?: ScopeOptions): object;
}

/** A `MeterProvider` of @opentelemetry/api. */
export interface MeterSource {
  /** Returns the meter of an instrumentation. */
  getMeter(name: string, version?: string, options?: ScopeOptions): object;
}

/** The options of an instrumentation scope. */
export interface ScopeOptions {
  /** The URL of the schema, which has the version of the semantic conventions. */
  readonly schemaUrl?: string;
}

/** Options of {@linkcode createOpenTelemetry}. */
export interface OpenTelemetryOptions {
  /**
   * Creates the spans.
   * @default the global provider
   */
  readonly tracerProvider?: TracerSource;
  /**
   * Creates the metrics.
   * @default the global provider
   */
  readonly meterProvider?: MeterSource;
  /**
   * The time for which an answer of the storage is cached for the gauges.
   * @default 5 seconds
   */
  readonly cacheTime?: Duration;
  /**
   * The time that a collection of metrics waits for storage. Figures that storage returns later are
   * omitted.
   * @default 4 seconds
   */
  readonly timeout?: Duration;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
}

/**
 * The `instrumentation` of an instance, with a method for additional metrics. Created by {@linkcode
 * createOpenTelemetry}.
 */
export interface OpenTelemetry extends Instrumentation {
  /**
   * Adds metrics that spans do not show: counts of failures, retries, timeouts and similar events,
   * and gauges of queues, workers and audit tables.
   *
   * @returns A function that stops the observation.
   */
  observe(everTask: EventOrigin & FigureOrigin): () => void;
}

const scope = [
  "@evertask/evertask",
  version,
  { schemaUrl: "https://opentelemetry.io/schemas/1.43.0" },
] as const;
const optionNames: OptionNames<OpenTelemetryOptions> = {
  tracerProvider: true,
  meterProvider: true,
  cacheTime: true,
  timeout: true,
  clock: true,
};

/**
 * Creates the instrumentation for OpenTelemetry. Set up the SDK first; in Deno, `OTEL_DENO=true` is
 * enough. Without an SDK, nothing is recorded, and the cost is negligible.
 *
 * The run of a one-shot task is a child of its dispatch, in the same trace. Each run of a recurring
 * task is a separate trace, linked to the dispatch, because a series may last for years.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { createOpenTelemetry } from "@evertask/evertask/otel";
 *
 * const telemetry = createOpenTelemetry();
 * const everTask = createEverTask({
 *   storage: memoryStorage(),
 *   tasks: [],
 *   instrumentation: telemetry,
 * });
 * const stopObserving = telemetry.observe(everTask);
 *
 * stopObserving();
 * await everTask.stop();
 * ```
 */
export function createOpenTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
  checkOptions(options, optionNames, "options");
  const { cacheTime = 5_000, timeout = 4_000 } = options;
  // Gets the tracer from the provider, because trace.getTracer does not pass the schema URL on.
  const { tracerProvider = trace.getTracerProvider(), meterProvider = metrics } = options;
  checkClock(options.clock, "clock");
  const clock = guardClock(options.clock ?? systemClock);
  checkMethods(tracerProvider, ["getTracer"], "tracerProvider", "be a TracerProvider");
  checkMethods(meterProvider, ["getMeter"], "meterProvider", "be a MeterProvider");
  // The public types cannot name types of another package. A provider always returns a Tracer.
  const tracer = tracerProvider.getTracer(...scope) as Tracer;
  const meter = meterProvider.getMeter(...scope) as Meter;
  const limits = {
    ageMs: toMilliseconds(cacheTime, "cacheTime"),
    timeoutMs: toMilliseconds(timeout, "timeout"),
  };
  const instruments = new Instruments(meter);

  /**
   * Runs `work` in a span, and records its duration, with the attribute `error.type` if it failed.
   */
  async function inside<T>(
    span: Span,
    attributes: Attributes,
    work: () => Promise<T>,
    onEnd: (durationMs: number, attributes: Attributes) => void,
  ): Promise<T> {
    const start = clock.monotonic();
    let outcome = attributes;
    try {
      return await work();
    } catch (error) {
      outcome = { ...attributes, "error.type": errorType(error) };
      recordError(span, error);
      throw error;
    } finally {
      span.end();
      onEnd(clock.monotonic() - start, outcome);
    }
  }

  function dispatch<T>(
    task: DispatchedTask,
    store: (traceContext: string | null) => Promise<T>,
  ): Promise<T> {
    const common = operationAttributes("dispatch", task);
    const attributes = {
      ...common,
      ...taskAttributes(task),
      ...(task.count > 1 ? { "messaging.batch.message_count": task.count } : {}),
    };
    return tracer.startActiveSpan(
      `dispatch ${task.type}`,
      { kind: SpanKind.PRODUCER, attributes },
      (span) =>
        inside(
          span,
          common,
          () => store(formatTraceparent(span.spanContext())),
          (durationMs, outcome) => instruments.dispatched(task.count, durationMs, outcome),
        ),
    );
  }

  function run<T>(task: ExecutedTask, execute: () => Promise<T>): Promise<T> {
    const common = operationAttributes("process", task);
    const attributes = {
      ...common,
      ...taskAttributes(task),
      "evertask.task.attempt": task.attempt,
      "evertask.task.wait_ms": task.waitMs,
      "evertask.worker.id": task.workerId,
    };
    const origin = parseTraceparent(task.traceContext);
    const links: Link[] = origin === null ? [] : [{ context: origin }];
    // The parent is set explicitly. The active context would be wrong: the worker's loop continues
    // in the context of the code that woke the loop.
    const parent = origin === null || task.recurring
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, origin);
    instruments.started(task.waitMs, common);
    return tracer.startActiveSpan(
      `process ${task.type}`,
      { kind: SpanKind.CONSUMER, attributes, links },
      parent,
      (span) =>
        inside(
          span,
          common,
          execute,
          (durationMs, outcome) => instruments.ended(durationMs, outcome),
        ),
    );
  }

  return {
    dispatch,
    run,
    observe(everTask) {
      checkOrigin(everTask, figureMethods);
      return observe(everTask, meter, clock, limits);
    },
  };
}

function recordError(span: Span, error: unknown): void {
  const { name, message, stack } = errorParts(error);
  span.recordException({ name, message, stack: stack ?? "" });
  span.setAttribute("error.type", errorType(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
