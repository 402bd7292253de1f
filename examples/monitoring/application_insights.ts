// Sends every event to Application Insights: errors as exceptions, all others as custom events. Set
// APPLICATIONINSIGHTS_CONNECTION_STRING to send them; without it, a local receiver prints them.

import process from "node:process";
import { createEverTask } from "@evertask/evertask";
import { applicationInsightsChannel, sendAlerts } from "@evertask/evertask/alerts";
import { memoryStorage } from "@evertask/evertask/memory";
import { chargeCard, tasks } from "./support/shop.ts";
import { startReceiver } from "./support/receiver.ts";

const receiver = await startReceiver();
const connectionString = process.env.APPLICATIONINSIGHTS_CONNECTION_STRING ??
  `InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=${receiver.url}`;

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const channel = applicationInsightsChannel({ connectionString, roleName: "shop" });
const telemetry = sendAlerts(everTask, channel);
const failed = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
await everTask.start();
await everTask.dispatch(chargeCard, { order: 1 });
await failed;

await everTask.stop();
await telemetry.close();
await receiver.stop();
