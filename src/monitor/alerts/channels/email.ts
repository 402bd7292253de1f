// Alerts as mails, through a transport of nodemailer, which the application makes: it knows how
// mail is sent there.

import { checkSecretOptions, checkText, hidden } from "../../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../../guards/errors.ts";
import { type Alert, type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { failureReason } from "../failure_reason.ts";
import { fingerprint } from "../fingerprint.ts";
import { cut, facts, headline } from "../wording.ts";
import { mailServerAnswer, temporarilyRejected } from "./mail_server_answer.ts";

/** The fields of a mail, by nodemailer's names. */
export interface MailMessage {
  /** The sender. */
  readonly from: string;
  /** The recipients. */
  readonly to: string | string[];
  /** One line. */
  readonly subject: string;
  /** The body, as plain text. */
  readonly text: string;
  /** Stays the same when the mail is sent again. */
  readonly messageId: string;
  /** The thread: the same for all mails about one task type. No mail has this id. */
  readonly inReplyTo: string;
  /** The same as `inReplyTo`: mail programs look at one or the other. */
  readonly references: string;
  /** Further header fields. */
  readonly headers: Record<string, string>;
}

/** Sends mail: what nodemailer's `createTransport` makes. */
export interface MailTransport {
  /** Resolves when the mail was handed over. */
  sendMail(message: MailMessage): Promise<unknown>;
}

/** Options of {@linkcode emailChannel}. */
export interface EmailOptions {
  /** Sends the mails: `nodemailer.createTransport(…)`. */
  readonly transport: MailTransport;
  /** The sender: `EverTask <tasks@example.com>`. */
  readonly from: string;
  /** The recipients. */
  readonly to: string | readonly string[];
  /**
   * What subjects begin with.
   * @default "[EverTask] "
   */
  readonly subjectPrefix?: string;
}

/**
 * Out-of-office replies and the like are for people (RFC 3834); Exchange has a header of its own
 * for it.
 */
const automatic = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" };
/** How much of a fact is mailed, in characters. */
const longestFact = 50_000;

/**
 * Mails alerts.
 *
 * @throws {InvalidArgumentError} If an option has a value that cannot be used.
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
  /** Who has not got an alert that others have. */
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
      throw new AlertDeliveryError(`The mail server has put off ${rejected.length} recipients`);
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

/** Says nothing of the error's text: it may name the login. */
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
    const remedy = "be what nodemailer's createTransport makes";
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
