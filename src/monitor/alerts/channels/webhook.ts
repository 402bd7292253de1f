// Posts alerts as JSON to any URL, signed by the rules of https://www.standardwebhooks.com, so that
// receivers can detect forgeries and duplicates.

import type { OptionNames } from "../../../guards/option_names.ts";
import {
  checkFunction,
  checkSecretOptions,
  hidden,
  isPlain,
} from "../../../guards/argument_checks.ts";
import { answerAtOnce } from "../../../guards/calls.ts";
import { guardClock } from "../../../time/guarded_clock.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import { checkClock, type Clock, systemClock } from "../../../time/clock.ts";
import { jsonText } from "../../json_text.ts";
import { type Alert, type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { deliver, type Fetch, isHttpUrl, secretParts } from "../http_delivery.ts";

/** Options of {@linkcode webhookChannel}. */
export interface WebhookOptions {
  /** The URL to post to. Errors show no part of it. */
  readonly url: string;
  /**
   * Further headers, for example for authorization. A `content-type` replaces `application/json`.
   * Errors do not show the values.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The secret that signs each request, in the format of Standard Webhooks: `whsec_` and the key in
   * base64.
   * @default requests are not signed
   */
  readonly secret?: string;
  /**
   * Returns the value of the JSON body.
   * @default the alert: `{ id, event, count, suppressed }`
   */
  readonly body?: (alert: Alert) => unknown;
  /**
   * Posts the request.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
  /**
   * The clock for the timestamp of the signature.
   * @default systemClock
   */
  readonly clock?: Clock;
}

const optionNames: OptionNames<WebhookOptions> = {
  url: true,
  headers: true,
  secret: true,
  body: true,
  fetch: true,
  clock: true,
};

/**
 * Creates a channel that posts alerts as JSON, one per request. Without `body`, the complete event
 * is sent, including the task's parameters.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export function webhookChannel(options: WebhookOptions): AlertChannel {
  checkSecretOptions(options, optionNames, "options");
  for (const name of ["body", "fetch"] as const) checkFunction(options[name], name);
  checkClock(options.clock, "clock");
  const { url, headers = {}, secret, body = (alert) => alert } = options;
  const clock = guardClock(options.clock ?? systemClock);
  if (!isHttpUrl(url)) {
    const remedy = "be an http(s) URL; a user and a password belong in the header authorization";
    throw new InvalidArgumentError("url", hidden(url), remedy);
  }
  checkHeaders(headers);
  // `Headers` converts names to lower case, so that a given header replaces the default below.
  const given = Object.fromEntries(new Headers(headers));
  const sign = secret === undefined ? null : signer(secret);
  const secrets = [...secretParts(url), ...Object.values(headers), secret ?? ""];
  return {
    name: "webhook",
    async send([alert], signal) {
      if (!alert) return;
      const text = jsonOf(alert, body);
      const timestamp = String(Math.floor(clock.now() / 1000));
      const signed = sign === null ? {} : {
        "webhook-id": alert.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${await sign(`${alert.id}.${timestamp}.${text}`)}`,
      };
      const all = { "content-type": "application/json", ...given, ...signed };
      const delivery = { url, headers: all, body: text, secrets };
      await deliver("The webhook", delivery, signal, options.fetch);
    },
  };
}

/**
 * Returns the body as JSON. If that fails, the alert is dropped, because a retry would fail again
 * and delay other alerts.
 */
function jsonOf(alert: Alert, body: (alert: Alert) => unknown): string {
  let problem: ErrorOptions = {};
  try {
    const text = jsonText(answerAtOnce(body(alert), "body"));
    if (text !== undefined) return text;
  } catch (error) {
    problem = { cause: error };
  }
  const message = "The option body of the webhook returned a value that JSON cannot represent";
  throw new AlertDeliveryError(message, { ...problem, permanent: true });
}

/** Checks the headers now, because `fetch` would reject them only at the first alert. */
function checkHeaders(headers: unknown): void {
  try {
    if (isPlain(headers) && Object.values(headers).every((value) => typeof value === "string")) {
      new Headers(headers as Record<string, string>);
      return;
    }
  } catch { // the error's message would show a value
  }
  throw new InvalidArgumentError("headers", hidden(headers), "be an object of valid header fields");
}

/**
 * Creates a function that signs texts with a secret. The key is imported at the first call, so that
 * creating a channel starts no work.
 */
function signer(secret: string): (text: string) => Promise<string> {
  const bytes = typeof secret === "string" ? fromBase64(secret.replace(/^whsec_/, "")) : null;
  if (bytes === null || bytes.length === 0) {
    throw new InvalidArgumentError("secret", hidden(secret), "be whsec_ and a key in base64");
  }
  const hmac = { name: "HMAC", hash: "SHA-256" };
  let key: Promise<CryptoKey> | undefined;
  return async (text) => {
    key ??= crypto.subtle.importKey("raw", bytes, hmac, false, ["sign"]);
    const signature = await crypto.subtle.sign("HMAC", await key, new TextEncoder().encode(text));
    return btoa(String.fromCharCode(...new Uint8Array(signature)));
  };
}

/** Decodes base64; returns null if it is invalid. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
