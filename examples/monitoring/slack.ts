// Sends failures to a Slack channel. Set SLACK_WEBHOOK_URL to the URL of an incoming webhook;
// without it, a local receiver prints the message.

import process from "node:process";
import { createEverTask } from "@evertask/evertask";
import { sendAlerts, slackChannel } from "@evertask/evertask/alerts";
import { memoryStorage } from "@evertask/evertask/memory";
import { chargeCard, tasks } from "./support/shop.ts";
import { startReceiver } from "./support/receiver.ts";

const receiver = await startReceiver();
const webhookUrl = process.env.SLACK_WEBHOOK_URL ?? `${receiver.url}/services/T0/B0/secret`;

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const alerts = sendAlerts(everTask, slackChannel({ webhookUrl }), {
  types: ["charge-card"], // only the important ones
  repeatAfter: { minutes: 15 }, // repetitions of a failure are one message
  maxPerMinute: 10,
});
const failed = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
await everTask.start();
await everTask.dispatch(chargeCard, { order: 1 });
await failed;

await everTask.stop();
await alerts.close(); // delivers queued alerts
console.log(alerts.counts);
await receiver.stop();
