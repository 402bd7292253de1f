// Describes why a receiver was not reached, in fixed words. The texts of foreign errors contain
// addresses and therefore secrets: `fetch` names the URL, and mail transports may name the login.
// No part of such a text is used; only known phrases in it are recognised.

import { errorParts } from "../../thrown/describe_error.ts";
import { errorChain } from "../../thrown/error_chain.ts";
import { isErrorLike } from "../../thrown/reading.ts";

const certificateReasons: readonly [pattern: RegExp, reason: string][] = [
  [/self[-_ ]signed|UnknownIssuer|CaUsedAsEndEntity/i, "no trusted authority has signed it"],
  [/unable[-_ ]to[-_ ](get|verify)/i, "its issuer is not known"],
  [/expired/i, "it has expired"],
  [/not[-_ ]?yet[-_ ]?valid/i, "it is not yet valid"],
  [/altname|NotValidForName/i, "it is for another host name"],
];

const reasons: readonly [pattern: RegExp, reason: string][] = [
  [/ECONNREFUSED|connection refused/i, "the connection is refused"],
  [/ENOTFOUND|EAI_AGAIN|EDNS|dns error|getaddrinfo/i, "the host name cannot be resolved"],
  [/EHOSTUNREACH|ENETUNREACH|unreachable|no route/i, "there is no route to the host"],
  [/NotCapable|PermissionDenied|net access/i, "this process may not connect to it"],
  [/bad port|port \d+ (is|are) blocked/i, "the port is one that fetch does not connect to"],
  [/ETIMEDOUT|UND_ERR_\w*TIMEOUT|timed? ?out/i, "there is no answer in time"],
  [
    /ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|connection (was )?(reset|closed|aborted)/i,
    "the connection is lost",
  ],
  [/EAUTH/, "it rejects the login"],
  [/EENVELOPE/, "it rejects the sender or the recipients"],
  [/ETLS|\btls\b|\bssl\b|EPROTO/i, "there is no encrypted connection with it"],
];

/**
 * The maximum number of nested errors to examine, such as `fetch failed` caused by several attempts
 * to connect. Deeper errors add nothing.
 */
const mostErrors = 25;
const longestText = 2_000;

/**
 * Returns the reason as the end of a sentence, or the name of the error's class if the reason is
 * unknown.
 */
export function failureReason(error: unknown): string {
  const text = textsOf(error).join("\n");
  if (/certificate|CERT_|SELF_SIGNED/i.test(text)) {
    const detail = certificateReasons.find(([pattern]) => pattern.test(text))?.[1];
    return `its certificate is rejected${detail === undefined ? "" : `: ${detail}`}`;
  }
  const known = reasons.find(([pattern]) => pattern.test(text))?.[1];
  return known ?? `an error of an unknown kind (${className(error)})`;
}

/** Returns the names, codes and messages of an error, its causes and its aggregated errors. */
function textsOf(error: unknown): string[] {
  if (typeof error === "string") return [error.slice(0, longestText)];
  return Array.from(errorChain(error)).slice(0, mostErrors)
    .flatMap(({ name, code, message }) => [name, code, message])
    .filter((text) => typeof text === "string")
    .map((text) => text.slice(0, longestText));
}

/**
 * Returns the name of an error's class if it looks like an identifier. Any other name may contain
 * secrets.
 */
function className(error: unknown): string {
  const name = isErrorLike(error) ? errorParts(error).name : typeof error;
  return /^[A-Za-z_$][\w$]{0,60}$/.test(name) ? name : "Error";
}
