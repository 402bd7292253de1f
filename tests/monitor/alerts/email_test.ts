// Mails, sent by nodemailer to a server that speaks SMTP.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import {
  type Alert,
  AlertDeliveryError,
  emailChannel,
  sendAlerts,
} from "../../../src/monitor/alerts/mod.ts";
import { EventSourceForTests, taskEvent } from "../support/event_source.ts";

interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** Starts a server on a free port; `refuse` gives the code with which recipients are refused. */
async function startMailServer(refuse: { code: number | null } = { code: null }) {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo(_address, _session, done) {
      if (refuse.code === null) return done();
      done(Object.assign(new Error("refused"), { responseCode: refuse.code }));
    },
    async onData(stream, session, done) {
      let text = "";
      for await (const chunk of stream) text += chunk;
      const { mailFrom, rcptTo } = session.envelope;
      mails.push({
        from: mailFrom === false ? "" : mailFrom.address,
        to: rcptTo.map(({ address }) => address),
        text,
      });
      done();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
  return {
    mails,
    transport,
    async [Symbol.asyncDispose]() {
      transport.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const from = "EverTask <tasks@example.com>";

Deno.test("a failure is mailed to everybody who is to know", async () => {
  await using server = await startMailServer();
  const events = new EventSourceForTests();
  const channel = emailChannel({
    transport: server.transport,
    from,
    to: ["ops@example.com", "lead@example.com"],
  });
  const alerts = sendAlerts({ events }, channel);
  const { taskId } = events.emit("failed", { taskType: "charge-card" });
  await alerts.close();

  assertEquals(server.mails.length, 1);
  const [mail] = server.mails;
  assertEquals(mail?.from, "tasks@example.com");
  assertEquals(mail?.to, ["ops@example.com", "lead@example.com"]);
  const text = mail?.text ?? "";
  assertStringIncludes(text, "Subject: [EverTask] Task failed: charge-card");
  assertStringIncludes(text, `Task ID: ${taskId}`);
  assertStringIncludes(text, "TypeError: no such mailbox");
  assertEquals(text.includes("ada@example.com"), false);
});

Deno.test("a line break in a task's type cannot add a header", async () => {
  await using server = await startMailServer();
  const channel = emailChannel({ transport: server.transport, from, to: "ops@example.com" });
  const event = taskEvent("failed", { taskType: "evil\r\nBcc: everybody@example.com" });
  await channel.send(
    [{ id: "id-1", event, count: 2, suppressed: 0 }],
    new AbortController().signal,
  );
  const [head = ""] = server.mails[0]?.text.split("\r\n\r\n") ?? [];
  assertStringIncludes(head, "Subject: [EverTask] Task failed: evil Bcc: everybody@example.com");
  assertStringIncludes(head, "Message-ID: <id-1@evertask>");
  assertEquals(server.mails[0]?.to, ["ops@example.com"]);
});

Deno.test("what the mail server refuses for good is not tried again; what it puts off is", async () => {
  const refuse = { code: 550 as number | null };
  await using server = await startMailServer(refuse);
  const channel = emailChannel({ transport: server.transport, from, to: "nobody@example.com" });
  const alert: Alert = { id: "id-1", event: taskEvent("failed"), count: 1, suppressed: 0 };
  const send = () =>
    assertRejects(() => channel.send([alert], new AbortController().signal), AlertDeliveryError);
  assertEquals((await send()).permanent, true);
  refuse.code = 451;
  const later = await send();
  assertEquals(later.permanent, false);
  assertStringIncludes(later.message, "451");
});
