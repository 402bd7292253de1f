// Failures as errors in Sentry, and runs of recurring tasks as check-ins of its cron monitors,
// which then detect missed runs. Set SENTRY_DSN to send them; without it, a local receiver prints
// them.

import process from "node:process";
import { createEverTask, defineTask } from "@evertask/evertask";
import { sendAlerts, sentryChannel, sentryCronsChannel } from "@evertask/evertask/alerts";
import { memoryStorage } from "@evertask/evertask/memory";
import { chargeCard, tasks } from "./support/shop.ts";
import { startReceiver } from "./support/receiver.ts";

const receiver = await startReceiver();
const dsn = process.env.SENTRY_DSN ?? `${receiver.url.replace("//", "//public-key@")}/1`;

const cleanUp = defineTask({ type: "clean-up", handle() {} });
const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [...tasks, cleanUp],
  queues: { email: {} },
});
const errors = sendAlerts(everTask, sentryChannel({ dsn, release: "1.0.0" }));
const crons = sendAlerts(everTask, sentryCronsChannel({ dsn, everTask, maxRuntime: 10 }));

const ended = Promise.all(["clean-up", "charge-card"].map((type) =>
  new Promise((resolve) => {
    everTask.events.subscribe(resolve, { types: [type], kinds: ["completed", "failed"] });
  })
));
await everTask.start();
await everTask.dispatch(chargeCard, { order: 1 });
await everTask.dispatch(cleanUp, undefined, {
  recurring: (r) => r.runNow().andThen().every(1).days().atTime("03:30"),
  taskKey: "nightly-clean-up",
});
await ended;

await everTask.stop();
await errors.close();
await crons.close();
await receiver.stop();
