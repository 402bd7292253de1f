// Alerts as JSON to an address of your own, signed by the rules of
// https://www.standardwebhooks.com, so that receivers can tell real ones from forged ones, and
// doubles from new ones.

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
  /** Where to post to. No error shows any part of it. */
  readonly url: string;
  /**
   * Further headers, say for authorization; a `content-type` goes before `application/json`. No
   * error shows their values.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Signs each request: `whsec_` and the key in base64, as Standard Webhooks has it. Without it
   * nothing is signed.
   */
  readonly secret?: string;
  /**
   * Makes the JSON body.
   * @default the alert: `{ id, event, count, suppressed }`
   */
  readonly body?: (alert: Alert) => unknown;
  /**
   * Posts the request.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
  /**
   * The time, for the signature.
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
 * Posts alerts as JSON, one a request. The event is sent whole, with the task's parameters, unless
 * `body` says otherwise.
 *
 * @throws {InvalidArgumentError} If the address or the secret cannot be used.
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
  // By lower-case names, so that a header replaces one of those below.
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
 * An alert for which there is no body is lost: there will be none later, and others wait behind it.
 */
function jsonOf(alert: Alert, body: (alert: Alert) => unknown): string {
  let problem: ErrorOptions = {};
  try {
    const text = jsonText(answerAtOnce(body(alert), "body"));
    if (text !== undefined) return text;
  } catch (error) {
    problem = { cause: error };
  }
  const message = "The option body of the webhook has made nothing that JSON can hold";
  throw new AlertDeliveryError(message, { ...problem, permanent: true });
}

/** Finds now what `fetch` would find at the first alert. */
function checkHeaders(headers: unknown): void {
  try {
    if (isPlain(headers) && Object.values(headers).every((value) => typeof value === "string")) {
      new Headers(headers as Record<string, string>);
      return;
    }
  } catch { // the message would show a value
  }
  throw new InvalidArgumentError("headers", hidden(headers), "be an object of valid header fields");
}

/**
 * Makes what signs texts with a secret. The key is imported for the first text: making a channel
 * starts no work.
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

/** The bytes of a text; null if it is no base64. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
