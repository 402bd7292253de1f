// Raw requests, including those that no client library sends.

/** The path of the hub. */
export const hubPath = "/evertask/monitoring";
const host = "127.0.0.1:8080";
const evil = "http://evil.example";

interface Written {
  readonly method?: string;
  /** The Host header; null for none. */
  readonly host?: string | null;
  /** More header lines. */
  readonly lines?: readonly string[];
  readonly version?: string;
  readonly body?: string;
}

/** Returns the text of a plain request. */
export function plain(target: string, options: Written = {}): string {
  const { method = "GET", lines = [], version = "1.1", body = "" } = options;
  const named = options.host === undefined ? host : options.host;
  const hostLines = named === null ? [] : [`Host: ${named}`];
  const length = body === "" ? [] : [`Content-Length: ${body.length}`];
  const head = [`${method} ${target} HTTP/${version}`, ...hostLines, ...lines, ...length];
  return [...head, "Connection: close", "", body].join("\r\n");
}

/** Returns the text of a request for a WebSocket. */
export function webSocket(target: string, options: Written = {}): string {
  const lines = [
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(options.lines ?? []),
  ];
  return plain(target, { ...options, lines }).replace("Connection: close", "Connection: Upgrade");
}

/**
 * Sends `request`, one byte for each character. Resolves to the status of the response, or to null
 * if there is none.
 */
export async function statusOf(port: number, request: string): Promise<number | null> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = Uint8Array.from(request, (character) => character.charCodeAt(0));
  const buffer = new Uint8Array(4096);
  let answer = "";
  try {
    await socket.write(bytes);
    while (!answer.includes("\r\n")) {
      const count = await socket.read(buffer);
      if (count === null) break;
      answer += new TextDecoder("latin1").decode(buffer.subarray(0, count));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  const [, status] = /^HTTP\/1\.[01] (\d{3}) /.exec(answer) ?? [];
  return status === undefined ? null : Number(status);
}

/** Requests with which a page of another origin tries to open a WebSocket. All must fail. */
export const hijacks: Readonly<Record<string, string>> = {
  "the plain path": page(hubPath),
  "a path that names the origin": page(`//evil.example${hubPath}`),
  "a path with a backslash that names the origin": page(`/\\evil.example${hubPath}`),
  "a path with credentials and the origin": page(`//u:p@evil.example${hubPath}`),
  "the absolute form": page(evil + hubPath),
  "the absolute form with the host as credentials": page(`http://${host}@evil.example${hubPath}`),
  "a Host header that holds a path": page("/", { host: `evil.example${hubPath}?` }),
  "a second Host header": page(hubPath, { lines: ["Host: evil.example"] }),
  "a second Origin header": page(hubPath, { lines: [`Origin: http://${host}`] }),
  "an origin that is null": webSocket(hubPath, { lines: ["Origin: null"] }),
  "a host that was rebound": page(hubPath, { host: "evil.example" }),
};

/** Host headers that name no host. */
export const badHosts: readonly string[] = [
  "",
  "a b%%",
  "u:p@host",
  "host/path",
  "host?",
  "host#",
  "host\\x",
  "[",
  "[::g]",
  "host:99999",
  "host:x",
  "%2f",
  "\xe9",
  "<host>",
  "999.1.1.1",
];

/** Request targets that name no path, or another host. */
export const badTargets: readonly string[] = [
  "*",
  "http://",
  "http://elsewhere.example/",
  `http://u:p@${host}/`,
  `ftp://${host}/`,
  "host:80",
  "?query",
];

/** Methods that a standard `Request` cannot have. */
export const badMethods: readonly string[] = ["TRACE", "TRACK"];

/** Returns the request with which a page of another origin opens a WebSocket. */
function page(target: string, options: Written = {}): string {
  return webSocket(target, { ...options, lines: [`Origin: ${evil}`, ...(options.lines ?? [])] });
}
