// The REST API: who may ask, and what they see.

import { type Mutant, mutantsOf } from "../mutant.ts";

const accessTests = ["tests/api/access_test.ts"];
const filterTests = ["tests/api/filter_test.ts"];
const signInTests = ["tests/api/sign_in_test.ts"];
const attemptsTests = ["tests/api/failed_attempts_test.ts"];
const hubTests = ["tests/monitor/hub/hub_users_test.ts"];
const changesTests = ["tests/api/changes_test.ts"];
const apiTests = ["tests/api/api_test.ts"];

export const api: readonly Mutant[] = [
  ...mutantsOf({ file: "src/api/local_requests.ts", tests: accessTests }, [
    ['if (headers.has("forwarded") || headers.has("x-forwarded-for")) return false;', ""],
    ["isLoopbackHost(host.hostname) && peer", "peer"],
    ["peer !== null && isLoopback(peer)", "(peer === null || isLoopback(peer))"],
  ]),
  ...mutantsOf({ file: "src/api/guard.ts", tests: accessTests }, [
    ['if (!user.can.includes("view")) {', "if (false) {"],
  ]),
  ...mutantsOf({ file: "src/api/route_parts.ts", tests: apiTests }, [
    ['searchParams.set("after", next);', 'searchParams.append("after", next);'],
  ]),
  ...mutantsOf({ file: "src/access/seen_texts.ts", tests: filterTests }, [
    ['user.can.includes("payloads") ? seenText', "true ? seenText"],
    ['seenText(user, error, "error", type)', "error"],
  ]),
  ...mutantsOf({ file: "src/access/task_scope.ts", tests: filterTests }, [
    ["types.includes(task.type)", "true"],
    ["queues.includes(task.queue)", "true"],
    ["task.taskKey?.startsWith(taskKeyPrefix) === true", "true"],
    ["tags.every((tag) => task.tags?.includes(tag) === true)", "true"],
    ["if (prefix === null) return { ids: [] };", ""],
    ["if (one.startsWith(other)) return one;", ""],
  ]),
  ...mutantsOf({ file: "src/monitor/hub/monitor_hub.ts", tests: hubTests }, [
    ["connection?.user.user === user", "true"],
    ["const seen = seenEvent(user, event, tags);", "const seen = event;"],
    ['if (!can.includes("view")) return problem(403', "if (false) return problem(403"],
  ]),
  ...mutantsOf({ file: "src/api/changes.ts", tests: changesTests }, [
    [
      "if (task === null || !isInScope(task, this.#user.filter)) return null;",
      "if (task === null) return null;",
    ],
    ["if (!isInScope(edited(task, edit), this.#user.filter)) this.#refuseScope();", ""],
    ["if (!isInScope(scoped, this.#user.filter)) this.#refuseScope();", ""],
    ["    if (this.#user.filter !== undefined) this.#refuseScope();\n", ""],
    ["    return narrow(filter, this.#user.filter);", "    return filter;"],
    ["if (this.#user.can.includes(right)) return;", "return;"],
    ['if (edit.payload !== undefined) this.#need("payloads");', ""],
  ]),
  ...mutantsOf({ file: "src/api/change_parts.ts", tests: changesTests }, [
    ['given === undefined || given === "*"', "false"],
    ['result.reason === "changed"', "false"],
  ]),
  ...mutantsOf({ file: "src/api/search_check.ts", tests: filterTests }, [
    ["filter.exceptionContains !== undefined && redact !== undefined", "false"],
    ['if (!can.includes("payloads")) {', "if (false as boolean) {"],
    ["if (redact !== undefined) {", "if (false as boolean) {"],
  ]),
  ...mutantsOf({ file: "src/api/view.ts", tests: filterTests }, [
    ["if (this.#user.filter === undefined) return this.#source;", "return this.#source;"],
    ["if (task === null && this.#user.filter !== undefined) return null;", ""],
    ["task !== null && this.#sees(task) ? task : null", "task"],
    ["    checkSearch(this.#user, filter);", ""],
    ['seenText(this.#user, line.message, "log", type)', "line.message"],
    ["    let seen = reason;\n", "    let seen = reason;\n    return seen;\n"],
  ]),
  ...mutantsOf({ file: "src/api/guard.ts", tests: signInTests }, [
    ["if (isAttempt) attempts.add(address);", ""],
    ["if (wait > 0) return tooManyAttempts(context, wait);", ""],
  ]),
  ...mutantsOf({ file: "src/api/request_checks.ts", tests: signInTests }, [
    ["!origins.allows(raw) || ", ""],
    ["isForeign && !safeMethods", "false && !safeMethods"],
    ["!safeMethods.includes(method) && !isJson(context)", "false"],
    ['context.header("cache-control", "no-store");', ""],
  ]),
  ...mutantsOf({ file: "src/api/session_routes.ts", tests: signInTests }, [
    ["if (!isLocal(raw, connectionOf(context))) {", "if (false) {"],
    ["    attempts.forgive(address);\n", ""],
    ["if (wait > 0) return tooManyAttempts(context, wait);", ""],
  ]),
  ...mutantsOf({ file: "src/api/sign_in/sessions.ts", tests: signInTests }, [
    ["!(expiresAt > this.#clock.now())", "false"],
    ['typeof signed[cookieName] === "string" ? owner : null', "owner"],
    ["httpOnly: true", "httpOnly: false"],
    ['headers.get("origin")?.startsWith("https:") === true', "false"],
  ]),
  ...mutantsOf({ file: "src/api/sign_in/people.ts", tests: signInTests }, [
    ["token.length < shortestToken", "token.length < 16"],
    ["byName.has(user) || tokens.has(token)", "byName.has(user)"],
  ]),
  ...mutantsOf({ file: "src/api/sign_in/sign_in_links.ts", tests: signInTests }, [
    ["    this.#byCode.delete(code);\n", ""],
    ["this.#clock.monotonic() < link.expiresAt", "true"],
  ]),
  ...mutantsOf({ file: "src/api/sign_in/failed_attempts.ts", tests: attemptsTests }, [
    ["if (this.#byAddress.size >= mostAddresses) this.#byAddress.delete(oldest!);", ""],
  ]),
];
