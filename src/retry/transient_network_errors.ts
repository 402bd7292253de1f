// Recognises transient network errors.

import { isLostSocket } from "../faults/connections.ts";
import { TimeoutError } from "../task/abort_reasons.ts";
import { errorChain } from "../thrown/error_chain.ts";
import { isInstance } from "../thrown/reading.ts";

/**
 * Codes of undici, which is Node's fetch, and of Bun. Source:
 * https://undici.nodejs.org/#/docs/api/Errors
 */
const transientCodes = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_SOCKET",
  "ConnectionRefused", // Bun
  "ConnectionClosed",
  "FailedToOpenSocket",
]);

/** The names of Deno's socket errors, which have names instead of codes. */
const transientNames = new Set([
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectionAborted",
  "NotConnected",
  "BrokenPipe",
  "TimedOut",
  "UnexpectedEof",
]);

/**
 * In Deno and browsers, fetch fails with a TypeError without a code. The message tells whether the
 * transfer failed, as opposed to an invalid request.
 */
const fetchFailures =
  /^(fetch failed|error sending request|error reading a body from connection|failed to fetch|load failed|networkerror when attempting|terminated$)/i;

/**
 * Reports whether an error, or one that it wraps, is a transient failure of the network: a refused,
 * reset or timed-out connection, an unreachable host, an unresolvable name, a `fetch` that timed
 * out (`AbortSignal.timeout`) or was interrupted. An HTTP response such as 503 is not an error for
 * `fetch`, so the handler must check it. The task's own timeout does not count.
 */
export function isTransientNetworkError(error: unknown): boolean {
  for (const each of errorChain(error)) {
    const { thrown, code, name, message } = each;
    if (isInstance(thrown, TimeoutError)) return false;
    if (typeof code === "string" && (isLostSocket(code) || transientCodes.has(code))) return true;
    if (typeof name !== "string") continue;
    if (transientNames.has(name) || name === "TimeoutError") return true;
    if (name !== "TypeError" || typeof message !== "string") continue;
    if (fetchFailures.test(message)) return true;
  }
  return false;
}
