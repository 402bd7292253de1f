// Sends failures by email, through nodemailer. Set SMTP_URL (such as
// smtps://user:password@smtp.example.com) and ALERT_TO to send them; without these, the email is
// only printed.

import process from "node:process";
import { createTransport } from "nodemailer";
import { createEverTask } from "@evertask/evertask";
import { emailChannel, sendAlerts } from "@evertask/evertask/alerts";
import { memoryStorage } from "@evertask/evertask/memory";
import { chargeCard, tasks } from "./support/shop.ts";

const { SMTP_URL, ALERT_TO = "ops@example.com" } = process.env;
const smtp = SMTP_URL ? createTransport(SMTP_URL) : null;
const composer = createTransport({ streamTransport: true, buffer: true });

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const channel = emailChannel({
  transport: smtp ?? {
    async sendMail(message) {
      const { message: composed } = await composer.sendMail(message);
      console.log(String(composed));
    },
  },
  from: "EverTask <tasks@example.com>",
  to: ALERT_TO,
});
const alerts = sendAlerts(everTask, channel, { repeatAfter: { hours: 1 } });
const failed = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
await everTask.start();
await everTask.dispatch(chargeCard, { order: 1 });
await failed;

await everTask.stop();
await alerts.close();
smtp?.close();
