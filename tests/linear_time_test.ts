// Text from outside is processed in linear, not quadratic, time: exceptions of handlers, logged
// messages and values, payloads, schedules, addresses, and data of clients and receivers.

import { assert } from "@std/assert";
import fc from "fast-check";
import { formatMessage } from "../mod.ts";
import { parseRecurrence } from "../src/schedule/mod.ts";
import { parseException, parseStack } from "../src/monitor/alerts/exception_text.ts";
import { failureReason } from "../src/monitor/alerts/failure_reason.ts";
import { maskSecrets } from "../src/monitor/alerts/masked_text.ts";
import { mailServerAnswer } from "../src/monitor/alerts/channels/mail_server_answer.ts";
import { sentrySlug } from "../src/monitor/alerts/channels/sentry_slug.ts";
import { toRequest } from "../src/monitor/adapters/node_request.ts";
import { cleanPath } from "../src/monitor/http/url_path.ts";
import { RecordReader } from "../src/monitor/hub/hub_protocol.ts";
import { parseTraceparent } from "../src/monitor/otel/trace_context.ts";
import { decodePayload } from "../src/payload/payload.ts";
import { checkConnectionUrl } from "../src/storage/connection_url.ts";
import { describeError } from "../src/thrown/describe_error.ts";
import { describeValue } from "../src/thrown/describe_value.ts";
import { toEpochMilliseconds } from "../src/time/instant.ts";
import { postgresStorage } from "../drivers/postgres/mod.ts";

const length = 200_000;
/** Linear work takes some milliseconds; quadratic work would take half a minute. */
const mostMs = 10_000;

type Take = (text: string) => unknown;

type NodeRequest = Parameters<typeof toRequest>[0];

/** The functions that process text, by name. They may reject it. */
const takers: Readonly<Record<string, Take>> = {
  "an exception, for Sentry": (text) => parseException(text).map(({ stack }) => parseStack(stack)),
  "a stack": (text) => parseStack(`    at ${text}`),
  "an error's message": (text) => describeError(new Error(text)),
  "an error's stack": (text) => describeError(Object.assign(new Error("m"), { stack: text })),
  "a value": (text) => describeValue({ text }),
  "a message that is logged": (text) => formatMessage(text, { a: text, n: { text } }),
  "the reason of a failed delivery": (text) => failureReason(new Error(text, { cause: text })),
  "an answer that may quote secrets": (text) => maskSecrets(text, ["a-secret-token", "aaaa:::1"]),
  "the answer of a mail server": (text) => mailServerAnswer({ response: text, responseCode: 550 }),
  "the name of a Sentry monitor": sentrySlug,
  "a path": (text) => cleanPath(`/${text}`),
  "a request's target": (text) =>
    toRequest(
      { method: "GET", url: text, headers: { host: "a" }, socket: {} } as unknown as NodeRequest,
      new AbortController(),
    ),
  "messages of a client of the hub": (text) => {
    const reader = new RecordReader(1_000);
    for (let at = 0; at < text.length; at += 1_000) reader.read(text.slice(at, at + 1_000));
  },
  "a trace context": parseTraceparent,
  "a payload": (text) => decodePayload("type", undefined, text),
  "a cron expression": (expression) => parseRecurrence({ kind: "cron", expression }),
  "a time zone": (timeZone) =>
    parseRecurrence({ kind: "interval", every: 1, unit: "hours", timeZone }),
  "an instant": (text) => toEpochMilliseconds(text, "at"),
  "a connection string": (text) => checkConnectionUrl(`postgres://${text}`, "url"),
  "a URL of PostgreSQL": (text) => postgresStorage(`postgres://${text}`),
};

/** Parts of texts whose repetition is expensive for some regular expressions. */
const pieces = [
  ...["\n", " ", "\t", "/", "-", ":", "@", ",", "=", "&", "%", "\\", "1", "a", "{a}", "{", "}"],
  ...["\n    at ", "at ", " (", ")", ":1:1", "Caused by: ", "Error 1 of 2: ", "async ", "0-5/2,"],
  ...["[", "]", '"', "\x1e", "UND_ERR_", "5.1.1", "2026-01-01T00:00:00", "😀", "\ud83d"],
];

for (const [name, take] of Object.entries(takers)) {
  Deno.test(`the time grows at most linearly with the length of ${name}`, () => {
    const units = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(units, fc.constantFrom(...pieces, ""), (unit, end) => {
        const text = unit.join("").repeat(Math.ceil(length / unit.join("").length)) + end;
        const start = performance.now();
        try {
          take(text);
        } catch {
          // refused: that must not take long, either
        }
        const took = performance.now() - start;
        assert(took < mostMs, `${Math.round(took)} ms for ${JSON.stringify([...unit, "…", end])}`);
      }),
      { numRuns: 60, examples: pieces.map((piece) => [[piece], "x"]) },
    );
  });
}
