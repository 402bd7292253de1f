// Who may ask: a bearer token in the header or, for browsers whose WebSocket and EventSource cannot
// set headers, in the query (RFC 6750, sections 2.1 and 2.3).

import { hidden } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";

/**
 * The access token of clients: a token of at least 16 characters, or a function that checks the
 * token (null without one) and the request, for cookies and signed tokens.
 */
export type AccessToken =
  | string
  | ((token: string | null, request: Request) => boolean | Promise<boolean>);

/** Whether a request may pass. */
export type AccessCheck = (request: Request) => Promise<boolean>;

const minimumLength = 16;

/**
 * Makes the check from the option.
 *
 * @param accessToken The option's value; absent means that everybody may ask.
 * @throws {InvalidArgumentError} If a fixed token is so short that it can be guessed.
 */
export function accessCheck(accessToken: AccessToken | undefined): AccessCheck {
  if (accessToken === undefined) return () => Promise.resolve(true);
  if (typeof accessToken === "function") {
    return async (request) => await accessToken(presentedToken(request), request);
  }
  if (typeof accessToken !== "string" || accessToken.length < minimumLength) {
    // The value stays out of the message: messages end in logs.
    throw new InvalidArgumentError(
      "accessToken",
      typeof accessToken === "string" ? `${accessToken.length} characters` : hidden(accessToken),
      `have at least ${minimumLength} characters, or be a function`,
    );
  }
  // Digested for the first request, not now: making the check starts no work.
  let expected: Promise<Uint8Array> | undefined;
  return async (request) => {
    const token = presentedToken(request);
    expected ??= digest(accessToken);
    return token !== null && areEqual(await digest(token), await expected);
  };
}

/** The answer to a request that may not pass. */
export function unauthorized(): Response {
  return new Response("A valid access token is required.", {
    status: 401,
    headers: { "www-authenticate": "Bearer" },
  });
}

function presentedToken(request: Request): string | null {
  const header = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "");
  return header?.[1] ?? new URL(request.url).searchParams.get("access_token");
}

/**
 * Digests have one length and say nothing of their text, so comparing them takes the same time for
 * every guess.
 */
async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
