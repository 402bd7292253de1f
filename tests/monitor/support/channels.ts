// Every channel, made for a test, with the options that it takes and refuses. Channels differ in
// what they deliver, not in how they handle failures.

import {
  type AlertChannel,
  applicationInsightsChannel,
  emailChannel,
  type Fetch,
  sentryChannel,
  sentryCronsChannel,
  slackChannel,
  webhookChannel,
} from "../../../src/monitor/alerts/mod.ts";
import { systemClock } from "../../../src/storage/mod.ts";
import { allOptional, options, type Shape, takes } from "../../public_functions/shapes.ts";

// deno-lint-ignore no-explicit-any -- what a caller without types may pass
export type Anything = any;

/** The facts about a channel that the tests need. */
interface TestedChannel {
  readonly make: (options: Anything) => AlertChannel;
  /** A valid value for each option, and the kinds of values that the option accepts. */
  readonly options: Shape;
  /** Options that make it post to a server; absent if it does not post. */
  readonly to?: (server: string) => object;
  /** The secret parts of these options. */
  readonly secrets: readonly string[];
  /** Invalid options, each with a part of the error's message. */
  readonly refused: readonly (readonly [options: unknown, message: string])[];
}

const transport = { sendMail: () => Promise.resolve() };
const from = "tasks@example.com";
const dsn = "https://key@sentry.example.com/1";
const fetch = takes(() => Promise.resolve(new Response()));

const sentryOptions = {
  dsn: takes(dsn),
  ...allOptional({ environment: takes("test"), release: takes("1.0"), fetch }),
};
const toSentry = (server: string) => ({
  dsn: `${server.replace("://", "://public-S3CRET@")}/42`,
});

/** The channels by the names of the functions that make them. */
export const channels: Readonly<Record<string, TestedChannel>> = {
  slackChannel: {
    make: slackChannel,
    options: options({
      webhookUrl: takes("https://hooks.slack.com/services/T0/B0/secret"),
      ...allOptional({ fetch }),
    }),
    to: (server) => ({ webhookUrl: `${server}/services/T0S3CRET/B1S3CRET` }),
    secrets: ["T0S3CRET", "B1S3CRET"],
    refused: [
      [undefined, "options is undefined"],
      [{}, "webhookUrl is "],
      [{ webhookUrl: "file:///etc" }, "webhookUrl is "],
      [{ webhookUrl: { href: "https://S3CRET" } }, "webhookUrl is "],
      ["https://x.example/S3CRET", "options is "],
      [{ webhookURL: "https://S3CRET" }, "options.webhookURL is "],
      [{ webhookUrl: "https://S3CRET", fetch: 5 }, "fetch is 5"],
    ],
  },
  webhookChannel: {
    make: webhookChannel,
    options: options({
      url: takes("https://example.org/hook"),
      ...allOptional({
        headers: takes({ "x-key": "value" }),
        secret: takes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        body: takes(() => ({})),
        fetch,
        clock: takes(systemClock),
      }),
    }),
    to: (server) => ({
      url: `${server}/path-S3CRET?token=query-S3CRET`,
      headers: { authorization: "Bearer bearer-S3CRET" },
    }),
    secrets: ["path-S3CRET", "query-S3CRET", "bearer-S3CRET"],
    refused: [
      [{}, "url is undefined"],
      [{ url: "x.example/S3CRET" }, "url is "],
      [{ url: "ftp://x.example/S3CRET" }, "url is "],
      [{ url: "https://ada:S3CRET@x.example" }, "url is "],
      [{ url: ["https://x.example/S3CRET"] }, "url is "],
      [{ url: new URL("https://x.example/S3CRET") }, "url is "],
      [["https://x.example/S3CRET"], "options is "],
      [{ url: "https://x.example", headers: "S3CRET" }, "headers is "],
      [{ url: "https://x.example", headers: ["S3CRET"] }, "headers is "],
      [{ url: "https://x.example", headers: { a: ["S3CRET"] } }, "headers is "],
      [{ url: "https://x.example", headers: { a: "S3CRET\n" + "b: c" } }, "headers is "],
      [{ url: "https://x.example", secret: 5 }, "secret is "],
      [{ url: "https://x.example", clock: Date }, "clock is the function Date"],
      [{ url: "https://x.example", secret: "whsec_?" }, "secret is "],
      [{ url: "https://x.example", headers: { "ä ö": "S3CRET" } }, "headers is "],
      [{ url: "https://x.example", body: {} }, "body is {}"],
      [{ url: "https://x.example", header: { a: "S3CRET" } }, "options.header is "],
    ],
  },
  emailChannel: {
    make: emailChannel,
    options: options({
      transport: takes(transport),
      from: takes(from),
      to: takes(["a@example.org"], "text", "list"),
      ...allOptional({ subjectPrefix: takes("[test]") }),
    }),
    secrets: [],
    refused: [
      [{}, "transport is undefined, but it must be a transport of nodemailer's createTransport"],
      [{ transport: { auth: "S3CRET" }, from, to: from }, "transport is "],
      [{ transport: "smtps://ada:S3CRET@x.example", from, to: from }, "transport is "],
      ["smtps://ada:S3CRET@x.example", "options is "],
      [{ transport, to: from }, "from is undefined"],
      [{ transport, from }, "to is undefined"],
      [{ transport, from, to: [] }, "to is []"],
      [{ transport, from, to: [from, 5] }, "to[1] is 5"],
      [{ transport, from, to: from, subject: "x" }, "options.subject is "],
    ],
  },
  applicationInsightsChannel: {
    make: applicationInsightsChannel,
    options: options({
      connectionString: takes(
        "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://example.org/",
      ),
      ...allOptional({ roleName: takes("role"), fetch }),
    }),
    to: (server) => ({
      connectionString: `InstrumentationKey=instrumentation-S3CRET;IngestionEndpoint=${server}`,
    }),
    secrets: ["instrumentation-S3CRET"],
    refused: [
      [{}, "connectionString is "],
      [{ connectionString: "S3CRET" }, "connectionString is "],
      [{ connectionSting: "S3CRET" }, "options.connectionSting is "],
    ],
  },
  sentryChannel: {
    make: sentryChannel,
    options: options(sentryOptions),
    to: toSentry,
    secrets: ["public-S3CRET"],
    refused: [
      [{}, "dsn is "],
      [{ dsn: "https://S3CRET@" }, "dsn is "],
      [{ dsn: "S3CRET" }, "dsn is "],
      [{ dsn: { key: "S3CRET" } }, "dsn is "],
      [{ dsn, enviroment: "test" }, "options.enviroment is "],
      [{ dsn, release: 5 }, "release is 5"],
    ],
  },
  sentryCronsChannel: {
    make: sentryCronsChannel,
    options: options({
      ...sentryOptions,
      ...allOptional({
        everTask: takes({ get: () => Promise.resolve(null) }, "object", "exotic"),
        checkInMargin: takes(5),
        maxRuntime: takes(5),
        monitorOf: takes(() => "monitor"),
      }),
    }),
    to: toSentry,
    secrets: ["public-S3CRET"],
    refused: [
      [{ dsn, everTask: {} }, "everTask is {}"],
      [{ dsn, checkInMargin: 0.5 }, "checkInMargin is 0.5"],
      [{ dsn, maxRuntime: "30" }, 'maxRuntime is "30"'],
      [{ dsn, monitorOf: "key" }, 'monitorOf is "key"'],
      [{ dsn, monitor: "key" }, "options.monitor is "],
    ],
  },
};

/** The secret parts of the channels' addresses, keys and headers. */
export const secrets = Object.values(channels).flatMap(({ secrets }) => secrets);

/** Makes every channel that posts. */
export function httpChannels(server: string, fetch?: Fetch): AlertChannel[] {
  return Object.values(channels).flatMap(({ make, to }) =>
    to === undefined ? [] : make({ ...to(server), ...(fetch === undefined ? {} : { fetch }) })
  );
}
