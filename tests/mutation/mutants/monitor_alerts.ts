// Alerts: their selection, their number, and their delivery.

import { type Mutant, mutantsOf } from "../mutant.ts";

const folder = "src/monitor/alerts";
const tests = [
  "tests/monitor/alerts/send_alerts_test.ts",
  "tests/monitor/alerts/retries_test.ts",
  "tests/monitor/alerts/waiting_alerts_test.ts",
  "tests/monitor/alerts/waiting_order_test.ts",
  "tests/monitor/alerts/delivery_queue_test.ts",
  "tests/monitor/alerts/total_limit_test.ts",
  "tests/monitor/timers_test.ts",
];
const delivery = [
  "tests/monitor/alerts/channels_test.ts",
  "tests/monitor/alerts/http_delivery_test.ts",
  "tests/monitor/alerts/retries_test.ts",
];
const channels = [
  "tests/monitor/alerts/wording_test.ts",
  "tests/monitor/alerts/channels_test.ts",
  "tests/monitor/alerts/email_test.ts",
  "tests/monitor/alerts/retries_test.ts",
];

export const monitorAlerts: readonly Mutant[] = [
  ...mutantsOf({ file: `${folder}/deduplication.ts`, tests }, [
    ["window.latest = event;", ""],
    ["this.#textLength += textLength(event) - textLength(window.latest);", ""],
    ["if (this.#windowMs > 0) this.#open(key, event);", "this.#open(key, event);"],
    ["if (this.#sumUp(key) > 0) this.#open(key, latest);", "this.#sumUp(key);"],
    ["size <= maxKeys && (", "("],
    ["(size === 1 || this.#textLength <= mostText)", "this.#textLength <= mostText"],
    ["    window.stopTimer();\n", ""],
    [
      "if (window.repeats > 0) this.#pass(window.latest, window.repeats);",
      "this.#pass(window.latest, window.repeats);",
    ],
    ["      { unref: true },\n", ""],
    ["this.#textLength -= textLength(window.latest);", ""],
  ]),
  ...mutantsOf({ file: `${folder}/delivery_queue.ts`, tests }, [
    [
      "Math.max(this.#backoffMs, Math.min(askedMs, longestAskedMs))",
      "Math.min(askedMs, longestAskedMs) || this.#backoffMs",
    ],
    ["Math.min(askedMs, longestAskedMs)", "askedMs"],
    ["if (isAnother) this.#endOwnPause();", ""],
    ["if (askedMs === 0) this.#endOwnPause = resolve;", "this.#endOwnPause = resolve;"],
    ["permanent ? 0 : this.#failures + 1", "this.#failures + 1"],
    ["      this.#failures = 0;\n", ""],
    ["undelivered?.includes(alert) ?? true", "true"],
    [" || refused.includes(alert)", ""],
    ["this.#delivered += batch.length - missing.length;", ""],
    ["attempts >= this.#settings.attempts", "attempts > this.#settings.attempts"],
    ["const isLast = permanent || this.#isClosing;", "const isLast = permanent;"],
    ["      stopTimer();\n      this.#end", "      this.#end"],
    ["    this.#saidFull = false;\n", ""],
    ["if (this.#saidFull) return;", ""],
    ["    this.#endPause();\n", ""],
    [
      "isClosed || !this.#waiting.add(alert)",
      "!this.#waiting.add(alert)",
      "The alert is given up at once instead, which also counts it as dropped.",
    ],
    ["Math.min(doubled, Math.max(backoffMs, longestBackoffMs))", "doubled"],
    ["2 ** Math.min(this.#failures - 1, 30)", "2 ** Math.min(this.#failures, 30)"],
    ["timeout.abort(reason);\n", "\n"],
    ["if (missing.length === 0) return null;", ""],
    ["this.#channel.batchSize ?? 1", "this.#channel.batchSize ?? 2"],
    ["if (askedMs > pauseMs) {", "if (askedMs >= pauseMs) {"],
    [
      "if (this.#isClosing) return;\n    const",
      "const",
      "No delivery of a closing queue requests a pause.",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/waiting_alerts.ts`, tests }, [
    ["this.count > 0 && this.#textLength", "this.#textLength"],
    ["this.count >= this.#maxCount", "this.count > this.#maxCount"],
    ["!this.#inOrder && attempts >= patience", "attempts >= patience"],
    ["this.#first.unshift(", "this.#first.push("],
    ["this.#textLength -= textLength(alert.event);", ""],
    ["for (const { alert } of alerts) this.#textLength += textLength(alert.event);", ""],
    ["attempts >= patience", "attempts >= 2 * patience"],
    ["[...this.take(Infinity), ...this.take(Infinity)]", "[...this.take(Infinity)]"],
  ]),
  ...mutantsOf({ file: `${folder}/total_limit.ts`, tests }, [
    ["Math.min(Math.max(1, this.#perMinute), this.#tokens + earned)", "this.#tokens + earned"],
    ["if (this.#tokens < 1) return false;", "if (this.#tokens < 0) return false;"],
    ["this.#filledAt = now;\n", "\n"],
    ["    this.#tokens = Math.max(1, perMinute);", "    this.#tokens = perMinute;"],
    ["/ 60_000 * this.#perMinute", "/ 6_000 * this.#perMinute"],
  ]),
  ...mutantsOf({
    file: `${folder}/send_alerts.ts`,
    tests: [...tests, "tests/monitor/option_checks_test.ts"],
  }, [
    [
      "alertSettings({ ...channel.defaults, ...options })",
      "alertSettings({ ...options, ...channel.defaults })",
    ],
    ["    this.#suppressed = 0;\n", ""],
    ["this.#suppressedEver += count;", ""],
    ["this.#suppressed += count;", "this.#suppressed++;"],
    ["      unsubscribe();\n", ""],
    ["    this.#deduplication.close();\n", ""],
    ["      await eventsArrived();\n      unsubscribe", "      unsubscribe"],
    ['if (!answerAtOnce(filter(event), "filter")) return;', ""],
    ["if (this.#suppressed === 0) {", "{"],
    ["...(types ? { types } : {}),", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/alert_options.ts`,
    tests: [...tests, "tests/monitor/option_checks_test.ts"],
  }, [
    ['severity ?? (kinds === undefined ? "Error" : "Information")', 'severity ?? "Error"'],
    ['.replace(/\\d+/g, "0")', ""],
    ["JSON.stringify([kind, taskType, queue, problem])", "JSON.stringify([kind, queue, problem])"],
    [
      "JSON.stringify([kind, taskType, queue, problem])",
      "JSON.stringify([kind, taskType, problem])",
    ],
    ["firstLine.slice(0, longestProblem)", "firstLine"],
    ["!(maxPerMinute > 0)", "!(maxPerMinute >= 0)"],
    ["attempts = 50", "attempts = 49"],
    ["repeatAfter = { minutes: 5 }", "repeatAfter = { minutes: 6 }"],
  ]),
  ...mutantsOf({ file: `${folder}/http_delivery.ts`, tests: delivery }, [
    ['redirect: "manual",', 'redirect: "follow",'],
    ["const temporary = [408, 425, 429, 439];", "const temporary = [408, 425, 439];"],
    ["&& retryAfterMs === null;", ";"],
    ["status < 500 && ", ""],
    ["status >= 300 && status < 400", "status > 300 && status < 308"],
    ['username === "" && password === ""', 'password === ""'],
    ["maskSecrets(line, secrets)", "line"],
    ["if (size >= longestAnswer) break;", ""],
    ["text.slice(0, longestQuote)", "text"],
    ["|| redirected;", ";"],
    ["return [host, pathname, search];", "return [pathname, search];"],
    [
      "`${receiver} is out of reach: ${failureReason(error)}`",
      "`${receiver} is out of reach: ${error}`",
    ],
    ['.replace(/[\\s\\p{Cc}]+/gu, " ")', ""],
  ]),
  ...mutantsOf({
    file: `${folder}/masked_text.ts`,
    tests: ["tests/monitor/alerts/http_delivery_test.ts", "tests/monitor/alerts/channels_test.ts"],
  }, [
    ["const shortestRun = 4;", "const shortestRun = 8;"],
    ["at + shortestRun <= secret.length", "at + shortestRun < secret.length"],
    ["if (isSecret) hiddenTo = at + shortestRun;", "if (isSecret) hiddenTo = at + 1;"],
    ["() => decodeURIComponent(secret),\n", "\n"],
    ['() => atob(secret.replace(/^basic\\s+/i, "")),\n', "\n"],
    ["const plain = lowerCase(text);", "const plain = text;"],
  ]),
  ...mutantsOf({
    file: `${folder}/exception_text.ts`,
    tests: ["tests/monitor/alerts/exception_text_test.ts", "tests/monitor/alerts/channels_test.ts"],
  }, [
    ["at > 0 && isFrame(line)", "isFrame(line)"],
    ["lineAt < 1 || ", ""],
    ['.replace(/^async /, "")', ""],
    ["/^(?:Caused by|Error \\d+ of \\d+): /", "/^(?:Caused by): /"],
    [
      "line: Number(line),\n    column: Number(column),",
      "line: Number(column),\n    column: Number(line),",
    ],
  ]),
  ...mutantsOf({ file: `${folder}/wording.ts`, tests: channels }, [
    ["count > 1 ?", "count > 0 ?"],
    ['.replace(/\\s+/g, " ")', ""],
    ["event.attempt > 0 ? String(event.attempt) : null", "String(event.attempt)"],
    ["suppressed > 0 ?", "suppressed >= 0 ?"],
    ["cutText(text, maxLength - 1)", "cutText(text, maxLength)"],
    ['["Exception", event.exception],\n', "\n"],
  ]),
  ...mutantsOf({ file: `${folder}/channels/slack.ts`, tests: channels }, [
    ['.replaceAll("<", "&lt;")', ""],
    ["value: escape(cut(value, maxFieldLength)),", "value: escape(value),"],
    ["fallback: escape(alert.event.message),", "fallback: alert.event.message,"],
  ]),
  ...mutantsOf({ file: `${folder}/channels/webhook.ts`, tests: channels }, [
    ["`${alert.id}.${timestamp}.${text}`", "`${alert.id}.${text}`"],
    ["Math.floor(clock.now() / 1000)", "Math.floor(clock.now())"],
    ["{ ...problem, permanent: true }", "{ ...problem }"],
    ['secret.replace(/^whsec_/, "")', "secret"],
    [
      'const secrets = [...secretParts(url), ...Object.values(headers), secret ?? ""];',
      'const secrets = [...secretParts(url), secret ?? ""];',
    ],
  ]),
  ...mutantsOf({ file: `${folder}/channels/email.ts`, tests: channels }, [
    ["missing.set(alert, rejected);", ""],
    ["if (rejected.length === 0) return;", "return;"],
    ["to: missing.get(alert) ?? (", "to: ("],
    ["messageId: `<${alert.id}@evertask>`,", "messageId: thread,"],
    ["headers: { ...automatic },", "headers: {},"],
  ]),
];
