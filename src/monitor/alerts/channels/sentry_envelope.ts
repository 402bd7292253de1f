// Sends envelopes, which hold items of several kinds, to the address in Sentry's DSN.
// https://develop.sentry.dev/sdk/foundations/transport/envelopes/

import type { OptionNames } from "../../../guards/option_names.ts";
import {
  checkFunction,
  checkSecretOptions,
  checkText,
  hidden,
} from "../../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import { jsonText } from "../../json_text.ts";
import { deliver, type Fetch } from "../http_delivery.ts";

/** The options of every channel to Sentry. */
export interface SentryOptions {
  /** The DSN from the project's settings: `https://key@host/project`. */
  readonly dsn: string;
  /**
   * The environment of the events.
   * @default "production"
   */
  readonly environment?: string;
  /** The version of the application. */
  readonly release?: string;
  /**
   * Posts the request.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
}

/** One item of an envelope. */
export interface SentryItem {
  readonly type: "event" | "check_in";
  readonly payload: object;
}

/** Sends one envelope. */
export type SendEnvelope = (
  header: Readonly<Record<string, string>>,
  item: SentryItem,
  signal: AbortSignal,
) => Promise<void>;

const optionNames: OptionNames<SentryOptions> = {
  dsn: true,
  environment: true,
  release: true,
  fetch: true,
};

/**
 * Checks the options, and creates the function that sends envelopes to a project.
 *
 * @param others The names of other allowed options.
 * @throws {InvalidArgumentError} If the DSN or another option is invalid.
 */
export function sentryTransport(
  options: SentryOptions,
  others: Readonly<Record<string, true>> = {},
): SendEnvelope {
  checkSecretOptions(options, { ...optionNames, ...others }, "options");
  const { dsn, fetch } = options;
  checkFunction(fetch, "fetch");
  for (const name of ["environment", "release"] as const) {
    if (options[name] !== undefined) checkText(options[name], name);
  }
  const { url, publicKey } = parseDsn(dsn);
  const headers = {
    "content-type": "application/x-sentry-envelope",
    "x-sentry-auth": `Sentry sentry_version=7, sentry_client=evertask/1, sentry_key=${publicKey}`,
  };
  return async (header, { type, payload }, signal) => {
    const lines = [header, { type }, payload].map((line) => jsonText(line));
    const body = `${lines.join("\n")}\n`;
    await deliver("Sentry", { url, headers, body, secrets: [publicKey] }, signal, fetch);
  };
}

function parseDsn(dsn: unknown): { url: string; publicKey: string } {
  const parsed = typeof dsn === "string" && /^https?:/i.test(dsn) && URL.canParse(dsn)
    ? new URL(dsn)
    : null;
  const [, path = "", project = ""] = /^(.*)\/([^/]+)$/.exec(parsed?.pathname ?? "") ?? [];
  if (!parsed?.username || project === "") {
    throw new InvalidArgumentError("dsn", hidden(dsn), "be a DSN: https://key@host/project");
  }
  return {
    url: `${parsed.protocol}//${parsed.host}${path}/api/${project}/envelope/`,
    publicKey: parsed.username,
  };
}

/** Converts a UUID to an id of Sentry, which has no dashes. */
export function sentryId(uuid: string): string {
  return uuid.replaceAll("-", "");
}

/** Returns the trace of an event as a Sentry context. */
export function traceContexts(traceContext: string | null): object {
  const [, traceId, spanId] = traceContext?.split("-") ?? [];
  return traceId && spanId ? { contexts: { trace: { trace_id: traceId, span_id: spanId } } } : {};
}
