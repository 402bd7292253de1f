// Every channel, made for a test: deliveries differ, the handling of failures does not.

import {
  type AlertChannel,
  applicationInsightsChannel,
  type Fetch,
  sentryChannel,
  sentryCronsChannel,
  slackChannel,
  webhookChannel,
} from "../../../src/monitor/alerts/mod.ts";

/** The secret parts of the channels' addresses, keys and headers. */
export const secrets = [
  "T0S3CRET",
  "B1S3CRET",
  "path-S3CRET",
  "query-S3CRET",
  "bearer-S3CRET",
  "instrumentation-S3CRET",
  "public-S3CRET",
] as const;

/** Makes every channel that posts. */
export function httpChannels(server: string, fetch?: Fetch): AlertChannel[] {
  const way = fetch === undefined ? {} : { fetch };
  const dsn = `${server.replace("://", "://public-S3CRET@")}/42`;
  const connectionString = `InstrumentationKey=instrumentation-S3CRET;IngestionEndpoint=${server}`;
  return [
    slackChannel({ webhookUrl: `${server}/services/T0S3CRET/B1S3CRET`, ...way }),
    webhookChannel({
      url: `${server}/path-S3CRET?token=query-S3CRET`,
      headers: { authorization: "Bearer bearer-S3CRET" },
      ...way,
    }),
    applicationInsightsChannel({ connectionString, ...way }),
    sentryChannel({ dsn, ...way }),
    sentryCronsChannel({ dsn, ...way }),
  ];
}
