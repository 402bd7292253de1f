// Prometheus and OpenTelemetry.

import { type Mutant, mutantsOf } from "../mutant.ts";

const prometheus = [
  "tests/monitor/prometheus/prometheus_exporter_test.ts",
  "tests/monitor/prometheus/registry_test.ts",
];
const otel = [
  "tests/monitor/otel/metrics_test.ts",
  "tests/monitor/otel/open_telemetry_test.ts",
  "tests/monitor/otel/observation_test.ts",
  "tests/monitor/otel/given_up_test.ts",
];

export const monitorMetrics: readonly Mutant[] = [
  ...mutantsOf({ file: "src/monitor/prometheus/bounded_label.ts", tests: prometheus }, [
    ["this.#known.size >= this.#limit", "this.#known.size > this.#limit"],
    ["if (this.#known.has(value)) return value;", ""],
    ["    this.#known.add(value);\n", "\n"],
  ]),
  ...mutantsOf({ file: "src/monitor/prometheus/registration.ts", tests: prometheus }, [
    ["if (taken !== undefined) {", "if (false) {"],
    ["if (registry.getSingleMetric(name) === metric) registry", "registry"],
  ]),
  ...mutantsOf({ file: "src/monitor/prometheus/task_metrics.ts", tests: prometheus }, [
    ["aggregated.includes(kind) ? Math.max(1, count) : 1", "1"],
    ["aggregated.includes(kind) ? Math.max(1, count) : 1", "Math.max(1, count)"],
    ["waitMs / 1000", "waitMs"],
    ["durationMs !== null && endings.includes(kind)", "durationMs !== null"],
    ['kind === "workerStarved" ? "" : event.taskType', "event.taskType"],
    ["this.#counters.workerStarved.inc(noTask, 0);", ""],
    ["    this.#begin(labels);\n    this.#counters", "    this.#counters"],
    ['"completed", "failed", "retrying", "cancelled"]', '"completed", "failed", "cancelled"]'],
    ["counter.inc(labels, 0)", "counter.inc(labels, 1)"],
    ["queue: queue && this.#queues.valueFor(queue),", "queue,"],
  ]),
  ...mutantsOf({ file: "src/monitor/prometheus/storage_metrics.ts", tests: prometheus }, [
    ["workers().then(() => 1, () => 0)", "workers().then(() => 1)"],
    ["          this.reset();\n", "\n"],
    ["if (labelNames.length === 0) this.remove();", ""],
    ["if (!isFailing) {", "{"],
    ["            isFailing = false;\n", "\n"],
    ["queues.filter(({ paused }) => paused).length", "queues.length"],
    ["Math.max(ages.get(label) ?? 0, age)", "age"],
    ["add({ queue }, age / 1000)", "add({ queue }, age)"],
    ["this.inc(labels, value)", "this.set(labels, value)"],
    ['add({ queue: label, state: "scheduled" }, scheduled);', ""],
    ["everTask.workers({ includeLost: true })", "everTask.workers()"],
    ["{ ...dearLimits, ageMs: auditCacheMs }", "dearLimits"],
    [
      "cached(() => everTask.statistics(), dearLimits, clock)",
      "cached(() => everTask.statistics(), limits, clock)",
    ],
    ['if (result.status === "rejected") throw result.reason;', ""],
    ['    "min",\n', ""],
    ["if (oldestHeartbeatMs !== null) add", "add"],
  ]),
  ...mutantsOf({ file: "src/monitor/prometheus/prometheus_exporter.ts", tests: prometheus }, [
    ["      unsubscribe();\n", ""],
    ["      unregister();\n", ""],
    ["const mayPass = accessCheck(accessToken);", "const mayPass = accessCheck(undefined);"],
    ["for (const labels of knownLabels(everTask)) taskMetrics.begin(labels);", ""],
    ['"content-type": registry.contentType,', '"content-type": "text/plain",'],
    ["cacheTime = 5_000", "cacheTime = 50_000"],
  ]),
  ...mutantsOf({
    file: "src/monitor/prometheus/prometheus_options.ts",
    tests: [...prometheus, "tests/monitor/option_checks_test.ts"],
  }, [
    ["buckets.length > 0 && ", ""],
    ["!(bound <= (buckets[index - 1] ?? 0))", "!(bound < (buckets[index - 1] ?? 0))"],
    ["/^[a-zA-Z_][a-zA-Z0-9_]*$/", "/^[a-zA-Z0-9_]*$/"],
    ['checkCount(maxQueues, "maxQueues");', ""],
  ]),
  ...mutantsOf({ file: "src/monitor/known_series.ts", tests: [...prometheus, ...otel] }, [
    ['[{ type, queue: "default" }, { type, queue: "recurring" }]', '[{ type, queue: "default" }]'],
    ['known.includes(queue) ? queue : "default"', "queue"],
    ["names.filter((name) => !foundNames.has(name))", "names"],
  ]),
  ...mutantsOf({ file: "src/monitor/worker_figures.ts", tests: [...prometheus, ...otel] }, [
    ["Math.max(0, heartbeatAgeMs)", "heartbeatAgeMs"],
    ["workers.filter(({ alive }) => alive).length", "workers.length"],
    ["Math.max(a, b)", "Math.min(a, b)"],
    ["ages.length === 0 ? null : ", ""],
  ]),
  ...mutantsOf({ file: "src/monitor/otel/trace_context.ts", tests: otel }, [
    ['version === "ff" || ', ""],
    ['(version === "00" && rest !== undefined)', "false"],
    ["return isSpanContextValid(context) ? context : null;", "return context;"],
    ["if (!isSpanContextValid(context)) return null;", ""],
    ["Number.parseInt(flags, 16)", "Number.parseInt(flags, 10)"],
    ["isRemote: true", "isRemote: false"],
  ]),
  ...mutantsOf({ file: "src/monitor/otel/observation.ts", tests: otel }, [
    ["aggregated.includes(kind) ? Math.max(1, event.count) : 1", "1"],
    ["for (const labels of known) count(kind, labels, 0);", ""],
    [
      'const labels = { type: kind === "workerStarved" ? "" : taskType, queue };',
      "const labels = { type: taskType, queue };",
    ],
    ["    stopMeasuring();\n", ""],
    ["    stopCounting();\n", ""],
    ["ageMs / 1000", "ageMs"],

    ['if (part.status === "rejected") diag', "if (false) diag"],
    ['  "lost",\n', ""],
  ]),
  ...mutantsOf({ file: "src/monitor/otel/open_telemetry.ts", tests: otel }, [
    ['outcome = { ...attributes, "error.type": errorType(error) };', ""],
    ["      recordError(span, error);\n", "\n"],
    ["      throw error;\n", ""],
    ["      span.end();\n", ""],
    ["onEnd(clock.monotonic() - start, outcome);", "onEnd(clock.monotonic(), outcome);"],
    ["task.count > 1 ?", "task.count > 0 ?"],
    ["origin === null || task.recurring\n", "origin === null\n"],
    [
      "const links: Link[] = origin === null ? [] : [{ context: origin }];",
      "const links: Link[] = [];",
    ],
    ["kind: SpanKind.CONSUMER", "kind: SpanKind.INTERNAL"],
    ["    instruments.started(task.waitMs, common);\n", "\n"],
    ["span.setStatus({ code: SpanStatusCode.ERROR, message });", ""],
  ]),
  ...mutantsOf({ file: "src/monitor/otel/instruments.ts", tests: otel }, [
    ["this.#sent.add(count, attributes);", "this.#sent.add(1, attributes);"],
    ["this.#wait.record(waitMs / 1000, attributes);", "this.#wait.record(waitMs, attributes);"],
    ["this.#processDuration.record(durationMs / 1000, attributes);", ""],
  ]),
  ...mutantsOf({ file: "src/monitor/otel/attributes.ts", tests: otel }, [
    ['operation === "dispatch" ? "send" : "process"', '"send"'],
    ["...(task.taskKey === null ? {} : {", "...(true ? {} : {"],
    [': "_OTHER"', ': "unknown"'],
  ]),
];
