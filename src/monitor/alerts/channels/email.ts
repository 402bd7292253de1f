// Sends alerts as emails, through a nodemailer transport that the application creates.

import { checkSecretOptions, checkText, hidden } from "../../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import { type Alert, type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { failureReason } from "../failure_reason.ts";
import { fingerprint } from "../fingerprint.ts";
import { cut, facts, headline } from "../wording.ts";
import { mailServerAnswer, temporarilyRejected } from "./mail_server_answer.ts";

/** The fields of an email, by nodemailer's names. */
export interface MailMessage {
  /** The sender. */
  readonly from: string;
  /** The recipients. */
  readonly to: string | string[];
  /** The subject, on one line. */
  readonly subject: string;
  /** The body, as plain text. */
  readonly text: string;
  /** The message id, the same in all attempts to send the email. */
  readonly messageId: string;
  /**
   * The id of the thread, the same for all emails about a task type. No email has this message id.
   */
  readonly inReplyTo: string;
  /** The same as `inReplyTo`, because mail programs use one or the other. */
  readonly references: string;
  /** Further header fields. */
  readonly headers: Record<string, string>;
}

/** A transport, as created by nodemailer's `createTransport`. */
export interface MailTransport {
  /** Resolves when the mail server has accepted the email. */
  sendMail(message: MailMessage): Promise<unknown>;
}

/** Options of {@linkcode emailChannel}. */
export interface EmailOptions {
  /** The transport, as from `nodemailer.createTransport(…)`. */
  readonly transport: MailTransport;
  /** The sender: `EverTask <tasks@example.com>`. */
  readonly from: string;
  /** The recipients. */
  readonly to: string | readonly string[];
  /**
   * The beginning of subjects.
   * @default "[EverTask] "
   */
  readonly subjectPrefix?: string;
}

/**
 * Headers that suppress out-of-office and similar replies (RFC 3834). Exchange has its own header.
 */
const automatic = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" };
/** The maximum number of characters of each value of {@linkcode facts}. */
const longestFact = 50_000;

/**
 * Creates a channel that sends alerts as emails.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example
 * ```ts ignore
 * import { createTransport } from "nodemailer";
 * import { emailChannel, sendAlerts } from "@evertask/evertask/alerts";
 *
 * const transport = createTransport("smtps://user:password@smtp.example.com");
 * sendAlerts(
 *   everTask,
 *   emailChannel({ transport, from: "tasks@example.com", to: "ops@example.com" }),
 * );
 * ```
 */
export function emailChannel(options: EmailOptions): AlertChannel {
  checkSecretOptions(
    options,
    { transport: true, from: true, to: true, subjectPrefix: true },
    "options",
  );
  checkAddressing(options);
  const { transport, from, to, subjectPrefix = "[EverTask] " } = options;
  /** For each alert that only some recipients have received, the recipients to try again. */
  const missing = new WeakMap<Alert, string[]>();
  return {
    name: "e-mail",
    async send([alert]) {
      if (!alert) return;
      const thread = `<${fingerprint(alert.event.taskType)}@evertask>`;
      let result: unknown;
      try {
        result = await transport.sendMail({
          from,
          to: missing.get(alert) ?? (typeof to === "string" ? to : [...to]),
          subject: `${subjectPrefix}${headline(alert)}`,
          text: textOf(alert),
          messageId: `<${alert.id}@evertask>`,
          inReplyTo: thread,
          references: thread,
          headers: { ...automatic },
        });
      } catch (error) {
        throw deliveryError(error);
      }
      const rejected = temporarilyRejected(result);
      if (rejected.length === 0) return;
      missing.set(alert, rejected);
      throw new AlertDeliveryError(`The mail server has deferred ${rejected.length} recipients`);
    },
  };
}

function textOf(alert: Alert): string {
  const lines = facts(alert).map(([name, value]) =>
    value.includes("\n")
      ? `${name}:\n${cut(value, longestFact)}\n`
      : `${name}: ${cut(value, longestFact)}`
  );
  return `${headline(alert)}\n\n${lines.join("\n")}\n`;
}

/** Converts an error without using its text, which may contain the login. */
function deliveryError(error: unknown): AlertDeliveryError {
  const answer = mailServerAnswer(error);
  if (answer === null) {
    return new AlertDeliveryError(`The mail server is out of reach: ${failureReason(error)}`);
  }
  return new AlertDeliveryError(`The mail server answered ${answer.text}`, answer);
}

function checkAddressing({ transport, from, to, subjectPrefix }: EmailOptions): void {
  const isTransport =
    typeof (transport as Partial<MailTransport> | null | undefined)?.sendMail === "function";
  if (!isTransport) {
    const remedy = "be a transport of nodemailer's createTransport";
    throw new InvalidArgumentError("transport", hidden(transport), remedy);
  }
  checkText(from, "from", "be the sender's address");
  const remedy = "be the address of a recipient, or a list of such";
  if (typeof to === "string") checkText(to, "to", remedy);
  else if (!Array.isArray(to) || to.length === 0) throw new InvalidArgumentError("to", to, remedy);
  else for (const [index, address] of to.entries()) checkText(address, `to[${index}]`, remedy);
  if (subjectPrefix !== undefined && typeof subjectPrefix !== "string") {
    throw new InvalidArgumentError("subjectPrefix", subjectPrefix, "be a string");
  }
}
