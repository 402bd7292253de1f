/**
 * Alerts about task events: by Slack, email, webhooks, Application Insights, Sentry and its cron
 * monitors. They are filtered, deduplicated, rate-limited and retried, and never delay a task.
 *
 * @module
 */
export {
  type Alert,
  type AlertChannel,
  AlertDeliveryError,
  type DeliveryProblem,
} from "./alert.ts";
export type { AlertOptions } from "./alert_options.ts";
export { type AlertCounts, type Alerts, sendAlerts } from "./send_alerts.ts";
export type { Fetch } from "./http_delivery.ts";
export {
  applicationInsightsChannel,
  type ApplicationInsightsOptions,
} from "./channels/application_insights.ts";
export {
  emailChannel,
  type EmailOptions,
  type MailMessage,
  type MailTransport,
} from "./channels/email.ts";
export { sentryChannel } from "./channels/sentry.ts";
export type { SentryOptions } from "./channels/sentry_envelope.ts";
export {
  sentryCronsChannel,
  type SentryCronsOptions,
  type SeriesOrigin,
} from "./channels/sentry_crons.ts";
export { slackChannel, type SlackOptions } from "./channels/slack.ts";
export { webhookChannel, type WebhookOptions } from "./channels/webhook.ts";
