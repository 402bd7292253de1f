// Posts to receivers, and turns their answers into what the queue understands.

import { AlertDeliveryError } from "./alert.ts";

/** `fetch`, or something like it that goes through a proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What is posted. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a user passed an address that `fetch` can post to. */
export function isHttpUrl(url: unknown): url is string {
  return typeof url === "string" && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** Statuses after which the same request may succeed later. */
const temporary = [408, 425, 429, 439];

/**
 * Posts once.
 *
 * @param receiver Names the receiver in errors; addresses hold secrets.
 * @returns The answer's status and text.
 * @throws {AlertDeliveryError} If the receiver is out of reach, or refuses.
 */
export async function deliver(
  receiver: string,
  { url, headers, body }: Delivery,
  signal: AbortSignal,
  fetch: Fetch = globalThis.fetch,
): Promise<{ readonly status: number; readonly text: string }> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method: "POST", headers: { ...headers }, body, signal });
    text = await response.text();
  } catch (error) {
    throw new AlertDeliveryError(`${receiver} is out of reach`, { cause: error });
  }
  const { status } = response;
  if (response.ok) return { status, text };
  const permanent = status < 500 && !temporary.includes(status);
  const retryAfterMs = retryAfter(response.headers);
  throw new AlertDeliveryError(`${receiver} answered ${status}: ${text.slice(0, 200)}`, {
    permanent,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** The header of RFC 9110, section 10.2.3: seconds, or a date, which is compared with the receiver's own clock. */
function retryAfter(headers: Headers): number | null {
  const value = headers.get("retry-after");
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const delay = Date.parse(value) - Date.parse(headers.get("date") ?? "");
  return Number.isFinite(delay) ? Math.max(0, delay) : null;
}
