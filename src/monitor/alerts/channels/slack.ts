// Sends alerts as messages to Slack, through an incoming webhook.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/

import { checkFunction, checkSecretOptions, hidden } from "../../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import type { Severity } from "../../../events/task_event.ts";
import type { AlertChannel } from "../alert.ts";
import { jsonText } from "../../json_text.ts";
import { deliver, type Fetch, isHttpUrl, secretParts } from "../http_delivery.ts";
import { cut, facts, headline } from "../wording.ts";

/** Options of {@linkcode slackChannel}. */
export interface SlackOptions {
  /** The URL of the incoming webhook, which is a secret. */
  readonly webhookUrl: string;
  /**
   * Posts the request.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
}

const icons: Readonly<Record<Severity, string>> = {
  Information: "ℹ️",
  Warning: "⚠️",
  Error: "❌",
};
const colors: Readonly<Record<Severity, string>> = {
  Information: "good",
  Warning: "warning",
  Error: "danger",
};

/** The number of characters of a field that Slack shows without folding it. */
const maxFieldLength = 2000;
const shortFields = ["Task ID", "Time", "Queue", "Task key", "Attempt"];

/**
 * Creates a channel that posts alerts to Slack.
 *
 * @throws {InvalidArgumentError} If `webhookUrl` is invalid.
 */
export function slackChannel(options: SlackOptions): AlertChannel {
  checkSecretOptions(options, { webhookUrl: true, fetch: true }, "options");
  checkFunction(options.fetch, "fetch");
  const { webhookUrl: url } = options;
  if (!isHttpUrl(url)) {
    throw new InvalidArgumentError("webhookUrl", hidden(url), "be the URL of an incoming webhook");
  }
  // "/services/" is no secret. If it were in the list, a part of Slack's error `no_service` would
  // be masked, too.
  const secrets = secretParts(url.replace("/services/", "/"));
  return {
    name: "Slack",
    async send([alert], signal) {
      if (!alert) return;
      const { severity } = alert.event;
      const body = jsonText({
        text: escape(`${icons[severity]} ${headline(alert)}`),
        attachments: [{
          color: colors[severity],
          fallback: escape(alert.event.message),
          fields: facts(alert).map(([title, value]) => ({
            title,
            value: escape(cut(value, maxFieldLength)),
            short: shortFields.includes(title),
          })),
        }],
      });
      const headers = { "content-type": "application/json" };
      await deliver("Slack", { url, headers, body, secrets }, signal, options.fetch);
    },
  };
}

/** https://docs.slack.dev/messaging/formatting-message-text/#escaping */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
