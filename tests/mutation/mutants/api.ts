// The REST API: who may ask, and what they see.

import { type Mutant, mutantsOf } from "../mutant.ts";

const accessTests = ["tests/api/access_test.ts"];
const filterTests = ["tests/api/filter_test.ts"];
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
    ["if (prefix === null) return { ids: [] };", ""],
    ["if (one.startsWith(other)) return one;", ""],
  ]),
  ...mutantsOf({ file: "src/api/view.ts", tests: filterTests }, [
    ["if (this.#user.filter === undefined) return this.#source;", "return this.#source;"],
    ["if (task === null && this.#user.filter !== undefined) return null;", ""],
    ["task !== null && this.#sees(task) ? task : null", "task"],
    ["if (exceptionContains === undefined || this.#user.redact === undefined) return;", "return;"],
    ['seenText(this.#user, line.message, "log", type)', "line.message"],
    ["    let seen = reason;\n", "    let seen = reason;\n    return seen;\n"],
  ]),
];
