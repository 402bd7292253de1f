// Reads the codes of a mail server's answer from nodemailer's errors. The rest of such an error is
// not used, since it may name the login.

/** The error reply of a mail server. */
export interface MailServerAnswer {
  /** The reply code and, if present, the enhanced status code: `550 5.1.1`. */
  readonly text: string;
  /** Whether a retry cannot succeed: true for 5yz replies (RFC 5321, section 4.2.1). */
  readonly permanent: boolean;
}

/** Returns the reply in an error of nodemailer; null if it contains none. */
export function mailServerAnswer(error: unknown): MailServerAnswer | null {
  const { responseCode, response } = asRecord(error);
  if (!isReplyCode(responseCode)) return null;
  const [enhanced] = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(String(response ?? "")) ?? [];
  return {
    text: enhanced === undefined ? String(responseCode) : `${responseCode} ${enhanced}`,
    permanent: responseCode >= 500,
  };
}

/** Returns the recipients that the server rejected temporarily while it accepted others. */
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
