// Makes a standard request of one of Node. What the client names as target and host is put side by
// side and never resolved against each other: in `new URL("//other/path", base)` the path would
// decide the host.

import { parseHost } from "../http/host.ts";
import type { NodeRequest } from "./node_types.ts";

/**
 * Makes the request; returns null if its target, Host header or method is invalid.
 *
 * @param abort Aborts the request; also aborted when the body breaks off.
 */
export function toRequest(nodeRequest: NodeRequest, abort: AbortController): Request | null {
  const { method = "GET", headers: nodeHeaders, socket } = nodeRequest;
  const scheme = "encrypted" in socket && socket.encrypted ? "https:" : "http:";
  const host = hostOf(nodeRequest, scheme);
  if (host === null) return null;
  const path = pathOf(nodeRequest, host);
  if (path === null) return null;
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(nodeHeaders)) {
      if (name.startsWith(":")) continue; // what HTTP/2 has in place of the request line
      for (const one of [value ?? []].flat()) headers.append(name, one);
    }
    return new Request(host.origin + path, {
      method,
      headers,
      signal: abort.signal,
      // A streamed body needs `duplex: "half"`
      // (https://fetch.spec.whatwg.org/#dom-requestinit-duplex).
      ...(hasBody ? { body: ReadableStream.from(bodyOf(nodeRequest, abort)), duplex: "half" } : {}),
    } as RequestInit);
  } catch {
    return null; // the standard knows no TRACE, and fewer characters than Node
  }
}

async function* bodyOf(nodeRequest: NodeRequest, abort: AbortController) {
  try {
    yield* nodeRequest;
  } catch (error) {
    abort.abort(); // before the handler sees it: it is the client that failed
    throw error;
  }
}

/** The one host that the client asks; null when it names none that can be, or several. */
function hostOf({ headers, rawHeaders = [] }: NodeRequest, scheme: string): URL | null {
  const hostHeaders = rawHeaders.filter((name, index) =>
    index % 2 === 0 && name.toLowerCase() === "host"
  );
  if (hostHeaders.length > 1) return null; // Node shows the first of them alone
  const named = new Set([headers.host, headers[":authority"]]);
  named.delete(undefined);
  if (named.size > 1) return null;
  const [host = "localhost"] = named; // HTTP/1.0 need not name one
  return typeof host === "string" ? parseHost(host, scheme) : null;
}

/**
 * Path and query of the request target (RFC 9112, section 3.2); null when it has no path, or is
 * meant for another host.
 */
function pathOf(nodeRequest: NodeRequest, host: URL): string | null {
  // Express takes the mount path off `url`, and keeps the whole one here.
  const original = "originalUrl" in nodeRequest ? nodeRequest.originalUrl : undefined;
  const target = typeof original === "string" ? original : nodeRequest.url ?? "/";
  if (target.startsWith("/")) return target;
  const absolute = /^https?:\/\/([^/?#\\]*)(.*)$/is.exec(target);
  const [, authority = "", path = ""] = absolute ?? [];
  return parseHost(authority, host.protocol)?.host === host.host ? path : null;
}
