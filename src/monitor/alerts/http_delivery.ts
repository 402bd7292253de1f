// Posts to receivers, and maps their answers to delivery results. Addresses and headers hold
// secrets: no error shows them.

import { AlertDeliveryError } from "./alert.ts";
import { failureReason } from "./failure_reason.ts";
import { maskSecrets } from "./masked_text.ts";

/** `fetch`, or something like it that goes through a proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The request to post. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Secrets to mask in the answer, which may repeat them: parts of the address, tokens, keys. */
  readonly secrets: readonly string[];
}

/**
 * Whether a user passed an address that `fetch` can post to: it takes none with a user and a
 * password in it.
 */
export function isHttpUrl(url: unknown): url is string {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/**
 * The parts of an address that may be secret: all of them, for some services put a key into the
 * host's name.
 */
export function secretParts(url: string): string[] {
  const { host, pathname, search } = new URL(url);
  return [host, pathname, search];
}

/** Statuses after which the same request may succeed later. */
const temporary = [408, 425, 429, 439];
/** How many bytes of an answer are read. The longest useful one is a list of refused items. */
const longestAnswer = 65_536;
/** How many characters of it an error shows. */
const longestQuote = 200;

/**
 * Posts once. Follows no redirect: it would send the alert, its signature and its headers to an
 * unknown address.
 *
 * @param receiver Names the receiver in errors.
 * @returns The answer's status and text.
 * @throws {AlertDeliveryError} If the receiver is out of reach, redirects, or refuses.
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

/** What the receiver has to say, on one line. */
function quote(text: string, secrets: readonly string[]): string {
  const line = text.slice(0, longestQuote).replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line === "" ? "" : `: ${maskSecrets(line, secrets)}`;
}

/** Also reports redirects that a custom `fetch` has followed, and those that browsers hide. */
function isRedirect({ status, type, redirected }: Response): boolean {
  return (status >= 300 && status < 400) || type === "opaqueredirect" || redirected;
}

/**
 * Returns the answer's text, cut if it is too long; the connection is free for others afterwards.
 */
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
 * The header of RFC 9110, section 10.2.3: seconds, or a date, which is compared with the receiver's
 * own clock.
 */
function retryAfter(headers: Headers): number | null {
  const value = headers.get("retry-after");
  if (value === null) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const delay = Date.parse(value) - Date.parse(headers.get("date") ?? "");
  return Number.isFinite(delay) ? Math.max(0, delay) : null;
}
