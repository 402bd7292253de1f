// Mails, sent by nodemailer to a server that speaks SMTP.

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { describeError } from "../../../src/thrown/describe_error.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import {
  type Alert,
  AlertDeliveryError,
  emailChannel,
  sendAlerts,
} from "../../../src/monitor/alerts/mod.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { EventSourceForTests, taskEvent } from "../support/event_source.ts";
import { selfSigned } from "../support/self_signed.ts";
import { until } from "../../support/until.ts";

interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/**
 * The SMTP code with which the server refuses recipients, or null if it refuses none. If `only` is
 * present, it refuses only this address.
 */
interface Refusal {
  code: number | null;
  only?: string;
}

/** Starts a server on a free port. */
async function startMailServer(refuse: Refusal = { code: null }) {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo({ address }, _session, done) {
      if (refuse.code === null || (refuse.only ?? address) !== address) return done();
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

Deno.test("a failure is sent to all recipients", async () => {
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

Deno.test("a mail that the server refuses permanently is not retried; one that it defers is", async () => {
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

/** The header fields of a mail, folded lines put together. */
function headersOf(mail: ReceivedMail | undefined): Headers {
  const [head = ""] = mail?.text.split("\r\n\r\n") ?? [];
  const fields = head.replaceAll(/\r\n\s+/g, " ").split("\r\n");
  return new Headers(fields.map((field) => field.split(/: ?(.*)/, 2) as [string, string]));
}

Deno.test("mails about one task type form a thread, whatever their subjects, and are marked as automatic", async () => {
  await using server = await startMailServer();
  const channel = emailChannel({ transport: server.transport, from, to: "ops@example.com" });
  const send = (id: string, taskType: string, count: number) =>
    channel.send(
      [{ id, event: taskEvent("failed", { taskType }), count, suppressed: 0 }],
      new AbortController().signal,
    );
  const odd = "naïve\r\n<type> ".repeat(20);
  await send("id-1", "charge-card", 1);
  await send("id-2", "charge-card", 39);
  await send("id-3", odd, 1);
  const [first, second, other] = server.mails.map(headersOf);
  for (const headers of [first, second, other]) {
    assertEquals(headers?.get("auto-submitted"), "auto-generated");
    assertMatch(headers?.get("references") ?? "", /^<[\w.-]{1,60}@evertask>$/);
    assertEquals(headers?.get("in-reply-to"), headers?.get("references"));
  }
  assertNotEquals(first?.get("subject"), second?.get("subject"));
  assertNotEquals(first?.get("message-id"), second?.get("message-id"));
  assertEquals(first?.get("references"), second?.get("references"));
  assertNotEquals(first?.get("references"), other?.get("references"));
});

Deno.test("a deferred recipient gets the email later, and the others do not get it twice", async () => {
  const refuse: Refusal = { code: 450, only: "lead@example.com" };
  await using server = await startMailServer(refuse);
  const clock = new FakeClock();
  const events = new EventSourceForTests();
  const to = ["ops@example.com", "lead@example.com"];
  const channel = emailChannel({ transport: server.transport, from, to });
  const alerts = sendAlerts({ events }, channel, { clock, logger: silentLogger });
  events.emit("failed");
  await until(() => server.mails.length === 1, "the first has got the mail");
  refuse.code = null;
  await until(() => clock.timerCount === 2, "the next attempt is due later");
  await clock.advance(1_000);
  await alerts.flush();
  assertEquals(server.mails.map((mail) => mail.to), [["ops@example.com"], ["lead@example.com"]]);
  assertEquals(alerts.counts.delivered, 1);
  await alerts.close();
});

Deno.test("the error says whether a mail server's certificate is rejected or its connection is refused", async () => {
  const server = new SMTPServer({ secure: true, ...selfSigned });
  server.on("error", () => {}); // the client hangs up
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as { port: number };
  using closed = reservePort();
  const reasons = [
    [port, "its certificate is rejected: no trusted authority has signed it"],
    [closed.port, "the connection is refused"],
  ] as const;
  for (const [port, reason] of reasons) {
    const transport = createTransport(`smtps://ada:S3CRET@127.0.0.1:${port}`);
    const channel = emailChannel({ transport, from, to: "ops@example.com" });
    const alert = { id: "id-1", event: taskEvent("failed"), count: 1, suppressed: 0 };
    const error = await assertRejects(
      () => channel.send([alert], new AbortController().signal),
      AlertDeliveryError,
    );
    assertEquals(error.message, `The mail server is out of reach: ${reason}`);
    assertEquals(error.permanent, false);
    transport.close();
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

Deno.test("the login in a mail transport's errors is not shown", async () => {
  const login = "smtps://ada:S3CRET@mail.example.com";
  const problems = [
    new Error(`cannot connect to ${login}`),
    Object.assign(new Error(`Invalid login for ${login}`), {
      code: "EAUTH",
      responseCode: 535,
      response: "535 5.7.8 S3CRET is not the password of ada",
      command: "AUTH S3CRET",
    }),
    Object.assign(new Error("S3CRET"), { cause: new Error("S3CRET"), code: "S3CRET" }),
    login,
  ];
  for (const problem of problems) {
    const transport = { sendMail: () => Promise.reject(problem) };
    const channel = emailChannel({ transport, from, to: "ops@example.com" });
    const alert = { id: "id-1", event: taskEvent("failed"), count: 1, suppressed: 0 };
    const error = await assertRejects(
      () => channel.send([alert], new AbortController().signal),
      AlertDeliveryError,
    );
    const told = describeError(error) + Deno.inspect(error, { depth: 10, showHidden: true });
    assert(!told.includes("S3CRET"), told);
  }
  for (const transport of [login, { options: { auth: { pass: "S3CRET" } } }, [login]]) {
    const error = assertThrows(
      () => emailChannel({ transport: transport as never, from, to: "ops@example.com" }),
      InvalidArgumentError,
    );
    assert(!Deno.inspect(error, { depth: 10 }).includes("S3CRET"), error.message);
  }
});
