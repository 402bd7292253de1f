// Alerts as mails, through a transport of nodemailer, which the application makes: it knows how mail is sent there.

import { checkMethods, checkSecretOptions, checkText } from "../../../argument_checks.ts";
import { InvalidArgumentError } from "../../../errors.ts";
import { type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { facts, headline } from "../wording.ts";

/** What a mail consists of; nodemailer's names. */
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
  checkSecretOptions(options, ["transport", "from", "to", "subjectPrefix"], "options");
  checkAddressing(options);
  const { transport, from, to, subjectPrefix = "[EverTask] " } = options;
  return {
    name: "e-mail",
    async send([alert]) {
      if (!alert) return;
      const lines = facts(alert).map(([name, value]) =>
        value.includes("\n") ? `${name}:\n${value}\n` : `${name}: ${value}`
      );
      try {
        await transport.sendMail({
          from,
          to: typeof to === "string" ? to : [...to],
          subject: `${subjectPrefix}${headline(alert)}`,
          text: `${headline(alert)}\n\n${lines.join("\n")}\n`,
          messageId: `<${alert.id}@evertask>`,
        });
      } catch (error) {
        const code = smtpCode(error);
        // 5yz replies are permanent (RFC 5321, section 4.2.1): the server says no, and will again.
        throw new AlertDeliveryError(
          `The mail server ${code === null ? "is out of reach" : `answered ${code}`}`,
          { permanent: code !== null && code >= 500, cause: error },
        );
      }
    },
  };
}

function checkAddressing({ transport, from, to, subjectPrefix }: EmailOptions): void {
  checkMethods(transport, ["sendMail"], "transport", "be what nodemailer's createTransport makes");
  checkText(from, "from", "be the sender's address");
  const remedy = "be the address of a recipient, or a list of such";
  if (typeof to === "string") checkText(to, "to", remedy);
  else if (!Array.isArray(to) || to.length === 0) throw new InvalidArgumentError("to", to, remedy);
  else for (const [index, address] of to.entries()) checkText(address, `to[${index}]`, remedy);
  if (subjectPrefix !== undefined && typeof subjectPrefix !== "string") {
    throw new InvalidArgumentError("subjectPrefix", subjectPrefix, "be a text");
  }
}

function smtpCode(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("responseCode" in error)) return null;
  return typeof error.responseCode === "number" ? error.responseCode : null;
}
