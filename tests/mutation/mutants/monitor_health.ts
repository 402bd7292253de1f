// Health checks, and the cache in front of the storage.

import { type Mutant, mutantsOf } from "../mutant.ts";

const tests = ["tests/monitor/health/health_checks_test.ts"];

export const monitorHealth: readonly Mutant[] = [
  ...mutantsOf({ file: "src/monitor/health/failure_rate.ts", tests }, [
    ["since > instant", "since >= instant - 60_000"],
    ["slice[end]++;", "slice.completed++;"],
    ["ended += slice.completed + slice.failed;", "ended += slice.completed;"],
    [
      "      this.#forgetBefore(now - this.#windowMs);\n",
      "",
      "count() drops the old slices, too.",
    ],
    ["this.#forgetBefore(this.#clock.monotonic() - this.#windowMs);", ""],
  ]),
  ...mutantsOf({ file: "src/monitor/health/health_report.ts", tests }, [
    ["figure >= thresholds.unhealthy", "figure > thresholds.unhealthy"],
    ["figure >= thresholds.degraded", "figure > thresholds.degraded"],
    ["Math.max(rank, order.indexOf(status))", "order.indexOf(status)"],
  ]),
  ...mutantsOf({
    file: "src/monitor/health/health_checks.ts",
    tests: [...tests, "tests/monitor/bad_host_test.ts"],
  }, [
    ['kind === "failed" ? "failed" : "completed"', 'kind === "completed" ? "failed" : "completed"'],
    ["everTask.workers({ includeLost: true })", "everTask.workers()"],
    ["...(settings.worker ? { worker", "...(!settings.worker ? { worker"],
    ["if (queue.paused) continue;", ""],
    ["if (age > oldestAgeMs) [", "["],
    ["due += queue.due;", "due = queue.due;"],
    ["dueExact &&= queue.due < mostDue", "dueExact = queue.due < mostDue"],
    ["queue.due < mostDue", "queue.due <= mostDue"],
    ["backlog({ cap: mostDue })", "backlog()"],
    ["ended >= failures.minimum", "ended > failures.minimum"],
    ["failed / ended", "failed"],
    ["respond(withoutReasons(await ready()))", "respond(await ready())"],
    ["accessCheck(options.accessToken)", "accessCheck(undefined)"],
    ["status: unhealthy ? 503 : 200,", "status: 200,"],
    ["Math.abs(heartbeatAgeMs) > maxHeartbeatAgeMs", "heartbeatAgeMs > maxHeartbeatAgeMs"],
    [
      "Math.abs(heartbeatAgeMs) > maxHeartbeatAgeMs",
      "Math.abs(heartbeatAgeMs) >= maxHeartbeatAgeMs",
    ],
    ["close: unsubscribe,", "close: () => {},"],
    ["|| pathname === `${path}/ready`", ""],
    ['headers: { "cache-control": "no-store" },', ""],
    [
      'status: "unhealthy",\n      description: workerId',
      'status: "degraded",\n      description: workerId',
    ],
  ]),
  ...mutantsOf({
    file: "src/monitor/health/health_options.ts",
    tests: [...tests, "tests/monitor/option_checks_test.ts"],
  }, [
    ["degraded = 0.5,", "degraded = 0.6,"],
    ["minimum = 20,", "minimum = 10,"],
    ["maxHeartbeatAge = 15_000,", "maxHeartbeatAge = 150_000,"],
    ["!(rate > 0)", "!(rate >= 0)"],
    ["cacheTime = 1_000", "cacheTime = 10_000"],
    ["degraded = { minutes: 5 }", "degraded = { minutes: 50 }"],
  ]),
  ...mutantsOf({
    file: "src/monitor/cached.ts",
    tests: ["tests/monitor/cached_test.ts", "tests/monitor/timers_test.ts"],
  }, [
    ["start < expires", "start <= expires"],
    ["if (answer !== asked) return;", ""],
    ["if (answer === asked) answer = null;", "answer = null;"],
    ["if (answer === asked) answer = null;", ""],
    ["Math.max(ageMs, restFactor * (now - start))", "ageMs"],
    ["start + patience * timeoutMs", "start + timeoutMs"],
    ["    stopTimer();\n", ""],
    ["return inTime(answer, timeoutMs, clock);\n    const", "return answer;\n    const"],
    ["    { unref: true },\n", ""],
  ]),
];
