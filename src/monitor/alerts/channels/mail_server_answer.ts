// Reads the codes of a mail server's answer from nodemailer's errors. The rest of such an error is
// not used, since it may name the login.

/** A reply with which a mail server refuses something. */
export interface MailServerAnswer {
  /** The reply code and, if present, the enhanced status code: `550 5.1.1`. */
  readonly text: string;
  /** 5yz replies are permanent (RFC 5321, section 4.2.1): the server says no, and will again. */
  readonly permanent: boolean;
}

/** Returns the answer in an error of nodemailer; null without one. */
export function mailServerAnswer(error: unknown): MailServerAnswer | null {
  const { responseCode, response } = asRecord(error);
  if (!isReplyCode(responseCode)) return null;
  const [enhanced] = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(String(response ?? "")) ?? [];
  return {
    text: enhanced === undefined ? String(responseCode) : `${responseCode} ${enhanced}`,
    permanent: responseCode >= 500,
  };
}

/** The recipients that were put off while others have got the mail. */
export function temporarilyRejected(result: unknown): string[] {
  const { rejectedErrors } = asRecord(result);
  if (!Array.isArray(rejectedErrors)) return [];
  return rejectedErrors.map(asRecord).flatMap(({ responseCode, recipient }) =>
    isReplyCode(responseCode) && responseCode < 500 && typeof recipient === "string"
      ? [recipient]
      : []
  );
}

function isReplyCode(code: unknown): code is number {
  return Number.isInteger(code) && (code as number) >= 400 && (code as number) < 600;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
