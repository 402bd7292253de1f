// The live hub: connections, protocol and transports.

import { type Mutant, mutantsOf } from "../mutant.ts";

const folder = "src/monitor/hub";
const tests = [
  "tests/monitor/hub/monitor_hub_test.ts",
  "tests/monitor/hub/transports_test.ts",
  "tests/monitor/hub/web_socket_test.ts",
  "tests/monitor/hub/connection_limits_test.ts",
  "tests/monitor/hub/record_reader_test.ts",
  "tests/monitor/hub/hub_access_test.ts",
];

export const monitorHub: readonly Mutant[] = [
  ...mutantsOf({ file: `${folder}/hub_connection.ts`, tests }, [
    ["transport.backlog + records.length > this", "transport.backlog > this"],
    [
      'this.end("The client reads too slowly.", { allowReconnect: true, abrupt: true });',
      'this.end("The client reads too slowly.", { abrupt: true });',
    ],
    ["this.#stopTimer = this.#after(this.#settings.clientTimeoutMs, () => this.gone());", ""],
    ["if (wasReady) {", "if (true) {"],
    ["if (!hadEnded) this.#observer.onEnded(this, null);", ""],
    ['if (!this.#observer.hasRoom()) return this.#refuse("Too many clients are connected.");', ""],
    ["!transport.isPolled && silence > this", "silence > this"],
    ["if (transport.wantsPings) this.send(pingRecord);", "this.send(pingRecord);"],
    ['if (this.#state === "ready") this.#beat();', ""],
    ["checkHandshake(record);\n", "\n"],
    [
      'if (this.#state === "attached") this.#refuse("The handshake did not come in time.");\n    else',
      "",
    ],
    ['typeof message.invocationId === "string"', 'typeof message.invocationId !== "number"'],
    ["    this.seen();\n    try {", "    try {"],
    [
      'if (this.#state === "ended" || this.#state === "gone") return;\n    this.seen();',
      "this.seen();",
      "No state accepts messages after the end.",
    ],
    ['if (this.#state === "attached") this.#transport?.send(encodeRecord({ error }));', ""],
    ["silence > this.#settings.clientTimeoutMs", "silence > this.#settings.keepAliveMs"],
    ["if (message.type === messageType.close) {", "if (false) {"],
  ]),
  ...mutantsOf({ file: `${folder}/hub_connections.ts`, tests }, [
    [
      "this.#clients.size < this.#settings.maxClients",
      "this.#clients.size <= this.#settings.maxClients",
    ],
    ["this.#pending.size < maxPendingConnections", "this.#pending.size <= maxPendingConnections"],
    ["      oldest.gone();\n", "\n"],
    ["this.#pending.delete(connection);\n    this.#clients.add", "this.#clients.add"],
    ["if (error !== null) this.#observer.onDropped(connection, error);", ""],
    ["    this.#byToken.delete(connection.token);\n", ""],
    ["connection.end(null, { allowReconnect: true });", "connection.end(null);"],
    ["new HubConnection(newId(), newId(), ", "new HubConnection(newId(), newId().slice(0, 0), "],
    ["    this.#pending.add(connection);\n    if", "    if"],
    ["this.#observer.onClientCount(this.#clients.size);\n  }\n\n  #onGone", "}\n\n  #onGone"],
  ]),
  ...mutantsOf({ file: `${folder}/hub_protocol.ts`, tests }, [
    ["this.#check(this.#rest.length + first.length);", ""],
    ["this.#check(chunk.length);", ""],
    [
      'this.#rest = "";\n    throw',
      "throw",
      "The connection ends with the error, and reads no more.",
    ],
    ["if (length <= this.#maxLength) return;", "if (length < this.#maxLength) return;"],
    ['if (protocol !== "json") {', 'if (protocol === "messagepack") {'],
    ["version !== 1 && version !== 2", "version !== 1"],
    ["|| Array.isArray(value)", ""],
    ['if (typeof message.type !== "number") throw', "if (false) throw"],
    ['this.#rest = records.pop() ?? "";', 'records.pop();\n    this.#rest = "";'],
  ]),
  ...mutantsOf({ file: `${folder}/long_polling_transport.ts`, tests }, [
    ["this.#answer?.(noContent());", ""],
    [
      "    this.#connection.seen();\n    // Only",
      "    // Only",
      "A waiting poll is already a sign of life, and so is its answer.",
    ],
    ["        stopTimer();\n", ""],
    ["        this.#connection.seen();\n", ""],
    ['if (abrupt) this.#pending = "";', ""],
    ["      this.#connection.gone();\n", ""],
    ['      this.#pending = "";\n      this.#answer(response);', "      this.#answer(response);"],
    ["    this.#pending += records;", "    this.#pending = records;"],
    ['"cache-control": "no-store"', '"cache-control": "max-age=1"'],
  ]),
  ...mutantsOf({ file: `${folder}/event_stream_transport.ts`, tests }, [
    ["cancel: () => connection.gone(),", ""],
    ["return this.#pending.length;", "return 0;"],
    ['if (abrupt) this.#pending = "";', ""],
    ["this.#pending += `data: ${records}\\n\\n`;", "this.#pending += `data: ${records}\\n`;"],
    ["      this.#connection.gone();\n", ""],
    ['"x-accel-buffering": "no",', ""],
    ['#pending = ":\\n\\n";', '#pending = "";'],
  ]),
  ...mutantsOf({
    file: `${folder}/web_socket_transport.ts`,
    tests: [...tests, "tests/monitor/hub/odd_requests_test.ts"],
  }, [
    ['headers.get("sec-websocket-version") === "13" &&', "true &&"],
    ['socket.addEventListener("close", () => connection.gone());', ""],
    ["return this.#socket.bufferedAmount;", "return 0;"],
    ["if (this.#socket.readyState === open) this", "this"],
    ["if (abrupt && this.#socket.terminate) this.#socket.terminate();\n    else", ""],
    ["} else connection.end(", "} else if (false) connection.end("],
    ['option.trim() === "upgrade"', 'option === "upgrade"'],
  ]),
  ...mutantsOf({ file: `${folder}/monitor_hub.ts`, tests }, [
    ["(count) => count > 0 ? this.#listen() : this.#rest()", "() => this.#listen()"],
    ['if (request.method !== "POST") return methodNotAllowed("POST");', ""],
    [
      'if (!this.#connections.hasRoom) return problem(503, "Too many clients are connected.");\n    // Clients',
      "// Clients",
    ],
    [
      "connectionId: version === 1 ? connection.id : connection.token",
      "connectionId: connection.id",
    ],
    [
      "connectionId: version === 1 ? connection.id : connection.token",
      "connectionId: connection.token",
    ],
    [
      "    if (!await mayPass(request)) return unauthorized();\n    if (this.#closed)",
      "    if (this.#closed)",
    ],
    [
      '    if (this.#closed) return problem(503, "The hub is closed.");\n    if (upgrade',
      "    if (upgrade",
    ],
    ['if (negotiated?.transport) return problem(409, "The connection is in use already.");', ""],
    ["if (token === null && !this.#connections.hasRoom) {", "if (false) {"],
    ["          connection.end(error);\n", ""],
    [
      "        connection.end(null, { abrupt: true });\n        connection.gone();",
      "        connection.end(null);",
    ],
    ['if (transport !== null) return problem(409, "The connection is in use already.");', ""],
    ["text.length > maxLength ?", "text.length >= maxLength ?"],
    ["exception: event.exception === null ? null : cut(event.exception),", ""],
    ["taskParameters: cut(event.taskParameters),", ""],
    ["this.#settings.subscription,\n", "{},\n"],
    ["    this.#unsubscribe = null;\n", ""],
    ["return origins.decorate(request, response);", "return response;"],
    ['if (request.method === "OPTIONS") return origins.preflight(request);', ""],
    ["...(this.#settings.upgrade ? [{", "...(true ? [{"],
    ["!hosts.allows(request)", "false"],
    ['{ headers: { "cache-control": "no-store" } }', "{}"],
    ["    this.#closed = true;\n", "\n"],
  ]),
];
