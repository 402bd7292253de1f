// The shared parts of HTTP endpoints of monitoring: hosts, origins, tokens; and the adapters for
// Node.

import { type Mutant, mutantsOf } from "../mutant.ts";

const http = "src/monitor/http";
const adapters = "src/monitor/adapters";
const access = ["tests/monitor/hub/hub_access_test.ts", "tests/monitor/bad_host_test.ts"];
const inNode = [
  "tests/monitor/adapters/node_request_test.ts",
  "tests/monitor/adapters/node_listener_test.ts",
  "tests/monitor/adapters/node_response_test.ts",
  "tests/monitor/adapters/web_socket_limit_test.ts",
  "tests/monitor/hub/odd_requests_test.ts",
  "tests/monitor/bad_host_test.ts",
  "tests/monitor/failing_callbacks_test.ts",
];

export const monitorHttp: readonly Mutant[] = [
  ...mutantsOf({ file: `${http}/access_token.ts`, tests: access }, [
    ["accessToken.length < minimumLength", "accessToken.length < minimumLength - 8"],
    ["/^Bearer +(\\S+) *$/i.exec", "/(\\S+) *$/i.exec"],
    ['header?.[1] ?? new URL(request.url).searchParams.get("access_token")', "header?.[1] ?? null"],
    [
      "let difference = a.length ^ b.length;",
      "let difference = 0;",
      "All digests have the same length.",
    ],
    ["difference |= (a[index] ?? 0)", "difference &= (a[index] ?? 0)"],
    ["return token !== null && areEqual(", "return token === null || areEqual("],
    ['headers: { "www-authenticate": "Bearer" },', ""],
    [
      "await accessToken(presentedToken(request), request)",
      "await accessToken(presentedToken(request), request) || true",
    ],
  ]),
  ...mutantsOf({ file: `${http}/host.ts`, tests: access }, [
    ["/^(.+\\.)?localhost$|", "/localhost$|"],
  ]),
  ...mutantsOf({ file: `${http}/hosts.ts`, tests: access }, [
    ['(isOpen ? null : "*")', '"*"'],
    [
      "!isLoopbackHost(host) && !address.test(host) && !isFromNoPage(request)",
      "!isLoopbackHost(host) && !isFromNoPage(request)",
    ],
    [
      "!isLoopbackHost(host) && !address.test(host) && !isFromNoPage(request)",
      "!isLoopbackHost(host) && !address.test(host)",
    ],
    ['request.headers.get("host") ?? new URL(request.url).host', "new URL(request.url).host"],
    ["if (this.#warned.has(message)) return;", ""],
    ['&&\n    !request.headers.has("origin");', ";"],
    ["^\\d+(\\.\\d+){3}$/;", "^\\d+(\\.\\d+){3}/;"],
    ["if (this.#isOpen && !isLoopbackHost", "if (!isLoopbackHost"],
    ["withoutRoot(asked.hostname)", "asked.hostname"],
    [
      "if (asked === null) return false;",
      "if (asked === null) return true;",
      "The hub has already answered such a request with 400.",
    ],
  ]),
  ...mutantsOf({ file: `${http}/origins.ts`, tests: access }, [
    ['response.headers.append("vary", "origin");', ""],
    [
      "parseHost(asked, protocol)?.host === host",
      "parseHost(asked, protocol)?.hostname === new URL(origin).hostname",
    ],
    ["if (!URL.canParse(origin)) return false;", ""],
    ['response.headers.set("access-control-allow-credentials", "true");', ""],
    [
      "if (origin === null || !this.#isAllowed(origin)) return response;",
      "if (origin === null) return response;",
    ],
    ["this.#allowed.includes(origin)", "this.#allowed.some((one) => origin.startsWith(one))"],
    ["URL.parse(origin)?.origin !== origin", "!URL.canParse(origin)"],
    ['...(headers === null ? {} : { "access-control-allow-headers": headers }),', ""],
    ["parseHost(asked, protocol)", "parseHost(asked)"],
  ]),
  ...mutantsOf({
    file: `${http}/get_handler.ts`,
    tests: [
      "tests/monitor/health/health_checks_test.ts",
      "tests/monitor/prometheus/prometheus_exporter_test.ts",
      "tests/monitor/bad_host_test.ts",
    ],
  }, [
    ["if (!await mayPass(request)) return unauthorized();", ""],
    ['request.method !== "GET" && request.method !== "HEAD"', 'request.method !== "GET"'],
    ["responseTo(request, await respond(request))", "respond(request)"],
    [
      "Object.hasOwn(routes, pathname) ? routes[pathname] : undefined",
      "routes[pathname]",
      "A path begins with a slash, but no member of a prototype does.",
    ],
    [
      'if (url === null) return new Response("The Host header is not a host.", { status: 400 });',
      "if (url === null) throw new Error();",
    ],
  ]),
  ...mutantsOf({
    file: `${http}/read_text.ts`,
    tests: ["tests/monitor/http/read_text_test.ts"],
  }, [
    ["if (size > maxBytes) return null;", "if (size >= maxBytes) return null;"],
    ["if (size > maxBytes) return null;", ""],
    ["{ stream: true }", "{}"],
  ]),
  ...mutantsOf({ file: `${http}/host.ts`, tests: [...access, ...inNode] }, [
    ["if (host !== null && parseHost(host) === null) return null;", ""],
    ["form.test(text) && URL.canParse(root)", "URL.canParse(root)"],
  ]),
  ...mutantsOf({
    file: `${http}/url_path.ts`,
    tests: [
      "tests/monitor/hub/monitor_hub_test.ts",
      "tests/monitor/health/health_checks_test.ts",
      "tests/monitor/option_checks_test.ts",
      "tests/monitor/hub/hub_access_test.ts",
    ],
  }, [
    ['|| !path.startsWith("/")', ""],
    ['return path.replace(/(?<!\\/)\\/+$/, "");', "return path;"],
  ]),
  ...mutantsOf({ file: `${adapters}/node_request.ts`, tests: inNode }, [
    ["if (hostHeaders.length > 1) return null;", ""],
    ["if (named.size > 1) return null;", ""],
    ['if (name.startsWith(":")) continue;', ""],
    ['"encrypted" in socket && socket.encrypted ? "https:" : "http:"', '"http:"'],
    ["abort.abort(); // before", "// before"],
    ["parseHost(authority, host.protocol)?.host === host.host ? path : null", "path"],
    [
      "for (const one of [value ?? []].flat()) headers.append(name, one);",
      'headers.append(name, String(value ?? ""));',
    ],
    ['const hasBody = method !== "GET" && method !== "HEAD";', 'const hasBody = method !== "GET";'],
    ['typeof original === "string" ? original : nodeRequest.url', "nodeRequest.url"],
  ]),
  ...mutantsOf({ file: `${adapters}/node_response.ts`, tests: inNode }, [
    ['...(cookies.length > 0 ? { "set-cookie": cookies } : {}),', ""],
    ["  nodeResponse.flushHeaders();\n", "\n"],
    ["([name]) => !ofConnection.includes(name)", "() => true"],
    ["&& !signal.aborted) await drained(sink);", "&& false) await drained(sink);"],
    ['  signal.addEventListener("abort", cancel);\n', "\n"],
    ["  if (signal.aborted) cancel();\n", "\n"],
    ['sink.on("close", done);', ""],
    ["socket.end(() => socket.destroy());", "socket.end(() => {});"],
    ['"connection: close", "", ""', '"", ""'],
  ]),
  ...mutantsOf({ file: `${adapters}/node.ts`, tests: inNode }, [
    ["if (!nodeResponse.writableFinished) abort.abort();", ""],
    ["upgrades.delete(request);", ""],
    ["if (maxPayload === defaultMaxPayload) options.maxPayload = lowMaxPayload;", ""],
    ["if (request !== null && !upgrades.has(request)) return; // `ws`", "// `ws`"],
    ["if (response?.status >= 200 && !response.body?.locked) return response;", "return response;"],
    ["if (!signal.aborted) tell(logger, error);\n    return", "return"],
    [
      'nodeRequest.method === "GET" ? toRequest(nodeRequest, abort) : null',
      "toRequest(nodeRequest, abort)",
    ],
    ["maxPayload < 1 || maxPayload >= 2 ** 31", "maxPayload >= 2 ** 31"],
  ]),
];
