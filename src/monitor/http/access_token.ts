// Checks bearer tokens. A client sends its token in the header or in the query (RFC 6750, sections
// 2.1 and 2.3), because browsers cannot set the headers of a WebSocket or an EventSource.

import { hidden } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";

/**
 * The access token of clients: a token of at least 16 characters, or a function. It gets the token
 * (null if there is none) and the request, so it can also check cookies or signed tokens.
 */
export type AccessToken =
  | string
  | ((token: string | null, request: Request) => boolean | Promise<boolean>);

/** Reports whether a request is authorized. */
export type AccessCheck = (request: Request) => Promise<boolean>;

const minimumLength = 16;

/**
 * Creates the check from the option.
 *
 * @param accessToken The option's value; without it, all requests are authorized.
 * @throws {InvalidArgumentError} If `accessToken` is neither a function nor a string of at least 16
 * characters.
 */
export function accessCheck(accessToken: AccessToken | undefined): AccessCheck {
  if (accessToken === undefined) return () => Promise.resolve(true);
  if (typeof accessToken === "function") {
    return async (request) => await accessToken(presentedToken(request), request);
  }
  if (typeof accessToken !== "string" || accessToken.length < minimumLength) {
    // The message omits the value, because messages are logged.
    throw new InvalidArgumentError(
      "accessToken",
      typeof accessToken === "string" ? `${accessToken.length} characters` : hidden(accessToken),
      `have at least ${minimumLength} characters, or be a function`,
    );
  }
  // The token is digested at the first request, so that creating the check starts no work.
  let expected: Promise<Uint8Array> | undefined;
  return async (request) => {
    const token = presentedToken(request);
    expected ??= digest(accessToken);
    return token !== null && areEqual(await digest(token), await expected);
  };
}

/** Returns the response to an unauthorized request. */
export function unauthorized(): Response {
  return new Response("A valid access token is required.", {
    status: 401,
    headers: { "www-authenticate": "Bearer" },
  });
}

/**
 * Returns a request with the token in the header `Authorization`, even if the client sent it in the
 * query. The application then need only read the header.
 */
export function withTokenInHeader(request: Request): Request {
  const token = presentedToken(request);
  if (token === null || request.headers.has("authorization")) return request;
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${token}`);
  return new Request(request.url, { headers });
}

function presentedToken(request: Request): string | null {
  const header = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "");
  return header?.[1] ?? new URL(request.url).searchParams.get("access_token");
}

/**
 * Digests a token. Digests have the same length and reveal nothing of the token, so comparing them
 * takes the same time for every guess.
 */
async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
