// Posts to receivers, and maps their responses to delivery results. No error shows addresses or
// headers, because they contain secrets.

import { AlertDeliveryError } from "./alert.ts";
import { failureReason } from "./failure_reason.ts";
import { maskSecrets } from "./masked_text.ts";

/** `fetch`, or a replacement, for example one that uses a proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The request to post. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /**
   * The secrets to mask in the response, which may repeat them: parts of the address, tokens, keys.
   */
  readonly secrets: readonly string[];
}

/** Reports whether a value is an HTTP URL that `fetch` accepts: one without user and password. */
export function isHttpUrl(url: unknown): url is string {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/**
 * Returns the parts of a URL that may be secret: the host, the path and the query. Some services
 * put a key into the host name.
 */
export function secretParts(url: string): string[] {
  const { host, pathname, search } = new URL(url);
  return [host, pathname, search];
}

/** The statuses after which the same request may succeed later. */
const temporary = [408, 425, 429, 439];
/**
 * The maximum number of bytes of a response to read. The longest useful response is a list of
 * rejected items.
 */
const longestAnswer = 65_536;
/** The maximum number of characters of a response that an error shows. */
const longestQuote = 200;

/**
 * Posts once. Does not follow redirects, because that would send the alert, its signature and its
 * headers to an unknown address.
 *
 * @param receiver The name of the receiver in errors.
 * @returns The status and text of the response.
 * @throws {AlertDeliveryError} If the receiver cannot be reached, redirects, or rejects the
 * request.
 */
export async function deliver(
  receiver: string,
  { url, headers, body, secrets }: Delivery,
  signal: AbortSignal,
  fetch: Fetch = globalThis.fetch,
): Promise<{ readonly status: number; readonly text: string }> {
  const init = {
    method: "POST",
    headers: { ...headers },
    body,
    signal,
    redirect: "manual",
  } as const;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, init);
    text = await startOf(response);
  } catch (error) {
    throw new AlertDeliveryError(`${receiver} is out of reach: ${failureReason(error)}`);
  }
  const { status } = response;
  if (isRedirect(response)) {
    throw new AlertDeliveryError(
      `${receiver} redirects (${status}), which is not followed: pass the address that it redirects to`,
      { permanent: true },
    );
  }
  if (response.ok) return { status, text };
  const retryAfterMs = retryAfter(response.headers);
  const permanent = status < 500 && !temporary.includes(status) && retryAfterMs === null;
  throw new AlertDeliveryError(`${receiver} answered ${status}${quote(text, secrets)}`, {
    permanent,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** Returns the text of a response after a colon, on one line, with secrets masked. */
export function quote(text: string, secrets: readonly string[]): string {
  const line = text.slice(0, longestQuote).replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line === "" ? "" : `: ${maskSecrets(line, secrets)}`;
}

/**
 * Reports whether the response is a redirect, including those that a custom `fetch` has followed
 * and those that browsers hide.
 */
function isRedirect({ status, type, redirected }: Response): boolean {
  return (status >= 300 && status < 400) || type === "opaqueredirect" || redirected;
}

/** Returns the text of the response, cut if it is too long. Frees the connection. */
async function startOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const chunk of body) {
    const rest = chunk.subarray(0, longestAnswer - size);
    size += rest.byteLength;
    text += decoder.decode(rest, { stream: true });
    if (size >= longestAnswer) break;
  }
  return text + decoder.decode();
}

/**
 * Parses the Retry-After header (RFC 9110, section 10.2.3): seconds, or a date, which is compared
 * with the receiver's own clock.
 */
function retryAfter(headers: Headers): number | null {
  const value = headers.get("retry-after");
  if (value === null) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const delay = Date.parse(value) - Date.parse(headers.get("date") ?? "");
  return Number.isFinite(delay) ? Math.max(0, delay) : null;
}
