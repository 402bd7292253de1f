// Converts a request of Node to a `Request`. The client's host and request target are validated
// separately and concatenated, never resolved against each other: in `new URL("//other/path",
// base)`, the path would determine the host.

import { parseHost } from "../http/host.ts";
import type { NodeRequest } from "./node_types.ts";

/**
 * Converts the request. Returns null if its target, Host header or method is invalid.
 *
 * @param abort Its signal is the request's signal. This function aborts it if the body ends early.
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
      if (name.startsWith(":")) continue; // pseudo-headers of HTTP/2
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
    return null; // `Request` rejects TRACE, and some characters that Node accepts
  }
}

async function* bodyOf(nodeRequest: NodeRequest, abort: AbortController) {
  try {
    yield* nodeRequest;
  } catch (error) {
    abort.abort(); // before the handler fails, to show that the client is the cause
    throw error;
  }
}

/** Returns the host of the request; null if there are several or it is invalid. */
function hostOf({ headers, rawHeaders = [] }: NodeRequest, scheme: string): URL | null {
  const hostHeaders = rawHeaders.filter((name, index) =>
    index % 2 === 0 && name.toLowerCase() === "host"
  );
  if (hostHeaders.length > 1) return null; // `headers` has only the first Host header
  const named = new Set([headers.host, headers[":authority"]]);
  named.delete(undefined);
  if (named.size > 1) return null;
  const [host = "localhost"] = named; // HTTP/1.0 does not require a Host header
  return typeof host === "string" ? parseHost(host, scheme) : null;
}

/**
 * Returns path and query of the request target (RFC 9112, section 3.2); null if it has no path or
 * is for another host.
 */
function pathOf(nodeRequest: NodeRequest, host: URL): string | null {
  // Express removes the mount path from `url`, and stores the complete URL here.
  const original = "originalUrl" in nodeRequest ? nodeRequest.originalUrl : undefined;
  const target = typeof original === "string" ? original : nodeRequest.url ?? "/";
  if (target.startsWith("/")) return target;
  const absolute = /^https?:\/\/([^/?#\\]*)(.*)$/is.exec(target);
  const [, authority = "", path = ""] = absolute ?? [];
  return parseHost(authority, host.protocol)?.host === host.host ? path : null;
}
