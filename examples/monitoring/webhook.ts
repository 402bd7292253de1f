// Sends alerts as signed JSON to your own service. The receiver checks the signature with any
// library for Standard Webhooks.

import { createEverTask } from "@evertask/evertask";
import { sendAlerts, webhookChannel } from "@evertask/evertask/alerts";
import { memoryStorage } from "@evertask/evertask/memory";
import { chargeCard, tasks } from "./support/shop.ts";
import { startReceiver } from "./support/receiver.ts";

const receiver = await startReceiver();
const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const channel = webhookChannel({
  url: `${receiver.url}/hooks/tasks`,
  secret: `whsec_${btoa("32 random bytes from your secrets")}`,
  // Omits the task's parameters.
  body: ({ id, event, count }) => ({ ...event, id, count, taskParameters: "{}" }),
});
const alerts = sendAlerts(everTask, channel, { severity: "Warning" });
const failed = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
await everTask.start();
await everTask.dispatch(chargeCard, { order: 1 });
await failed;

await everTask.stop();
await alerts.close();
await receiver.stop();
