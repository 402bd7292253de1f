// Checks which web pages have access. Browsers prevent pages of other origins from reading plain
// responses, but not from opening WebSockets. So every request's Origin header is checked, and only
// allowed origins get CORS headers.

import { InvalidArgumentError } from "../../guards/errors.ts";
import { parseHost } from "./host.ts";

/** Origins such as `https://admin.example.com`, or `"*"` for any. */
export type AllowedOrigins = readonly string[] | "*";

/** Checks origins and adds the CORS headers. */
export class Origins {
  readonly #allowed: AllowedOrigins;

  /** @throws {InvalidArgumentError} If an origin is not of the form scheme://host[:port]. */
  constructor(allowed: AllowedOrigins = []) {
    if (allowed !== "*" && !Array.isArray(allowed)) {
      throw new InvalidArgumentError("allowedOrigins", allowed, 'be a list of origins, or "*"');
    }
    for (const origin of allowed === "*" ? [] : allowed) {
      if (typeof origin !== "string" || URL.parse(origin)?.origin !== origin) {
        throw new InvalidArgumentError(
          "allowedOrigins",
          origin,
          "be an origin such as https://admin.example.com, without path and trailing slash",
        );
      }
    }
    this.#allowed = allowed;
  }

  /**
   * Reports whether the request comes from no page, from a page of the same host, or from an
   * allowed origin.
   */
  allows(request: Request): boolean {
    const origin = request.headers.get("origin");
    return origin === null || this.#isSameHost(origin, request) || this.#isAllowed(origin);
  }

  /** Answers a preflight request (https://fetch.spec.whatwg.org/#cors-preflight-request). */
  preflight(request: Request): Response {
    const headers = request.headers.get("access-control-request-headers");
    return this.decorate(
      request,
      new Response(null, {
        status: 204,
        headers: {
          "access-control-allow-methods": "GET, POST, DELETE",
          "access-control-max-age": "600",
          ...(headers === null ? {} : { "access-control-allow-headers": headers }),
        },
      }),
    );
  }

  /** Adds the headers with which a browser lets the page read the response. */
  decorate(request: Request, response: Response): Response {
    const origin = request.headers.get("origin");
    if (origin === null || !this.#isAllowed(origin)) return response;
    response.headers.append("vary", "origin");
    if (this.#allowed === "*") {
      response.headers.set("access-control-allow-origin", "*");
    } else {
      // SignalR's standard clients send credentials, which requires a named origin.
      response.headers.set("access-control-allow-origin", origin);
      response.headers.set("access-control-allow-credentials", "true");
    }
    return response;
  }

  #isAllowed(origin: string): boolean {
    return this.#allowed === "*" || this.#allowed.includes(origin);
  }

  /**
   * Compares the origin with the Host header if present, because a page cannot set this header. The
   * host in the request's URL may come from another source.
   */
  #isSameHost(origin: string, request: Request): boolean {
    if (!URL.canParse(origin)) return false;
    const { host, protocol } = new URL(origin);
    if (!/^https?:$/.test(protocol)) return false; // pages of an app, such as tauri://localhost
    // Compares only the host, because the schemes differ behind a proxy that terminates TLS.
    const asked = request.headers.get("host") ?? new URL(request.url).host;
    return parseHost(asked, protocol)?.host === host;
  }
}
