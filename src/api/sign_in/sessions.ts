// Sessions in a signed cookie. The key is derived from the person's token, so that every process
// with the token can verify the cookie, and replacing the token ends its sessions. Nothing is
// stored.

import { parse, parseSigned, serialize, serializeSigned } from "hono/utils/cookie";
import type { Clock } from "../../time/clock.ts";

const cookieName = "evertask_session";

/** A person who can have a session. */
export interface SessionOwner {
  readonly user: string;
  readonly token: string;
}

/** The flags of the cookie. */
export interface CookieSettings {
  /**
   * The path to which browsers send the cookie. With null, the browser uses the directory of the
   * URL whose response set the cookie. That path is correct even if a proxy changes paths.
   */
  readonly path: string | null;
}

/** Starts, verifies and ends sessions. */
export class Sessions {
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #settings: CookieSettings;

  constructor(clock: Clock, durationMs: number, settings: CookieSettings) {
    this.#clock = clock;
    this.#durationMs = durationMs;
    this.#settings = settings;
  }

  /** Starts a session, and returns the value of `Set-Cookie`. */
  open({ user, token }: SessionOwner, request: Request): Promise<string> {
    const value = `${encodeURIComponent(user)}:${this.#clock.now() + this.#durationMs}`;
    const maxAge = Math.floor(this.#durationMs / 1000);
    return serializeSigned(cookieName, value, keyOf(token), { ...this.#flags(request), maxAge });
  }

  /** Returns the value of `Set-Cookie` that removes the cookie. */
  close(request: Request): string {
    return serialize(cookieName, "", { ...this.#flags(request), maxAge: 0 });
  }

  /** Returns the owner of a request's session; null without a valid session. */
  async ownerOf<Owner extends SessionOwner>(
    request: Request,
    owners: ReadonlyMap<string, Owner>,
  ): Promise<Owner | null> {
    const cookies = request.headers.get("cookie") ?? "";
    const [name, expiresAt] = partsOf(parse(cookies, cookieName)[cookieName] ?? "");
    const owner = owners.get(name);
    if (owner === undefined || !(expiresAt > this.#clock.now())) return null;
    const signed = await parseSigned(cookies, keyOf(owner.token), cookieName);
    return typeof signed[cookieName] === "string" ? owner : null;
  }

  #flags(request: Request) {
    const { path } = this.#settings;
    const secure = isSecure(request);
    return {
      httpOnly: true,
      sameSite: "Strict",
      secure,
      ...path === null ? {} : { path },
    } as const;
  }
}

/** Derives the key that signs a cookie from the owner's token, from which it must differ. */
function keyOf(token: string): string {
  return `evertask session ${token}`;
}

/** Returns the name and the expiry in the value of a cookie, which may be any text. */
function partsOf(value: string): [user: string, expiresAt: number] {
  const [, name = "", expiresAt = ""] = /^([^:]*):(\d{1,15})\./.exec(value) ?? [];
  try {
    return [decodeURIComponent(name), Number(expiresAt)];
  } catch {
    return ["", 0];
  }
}

/**
 * Reports whether the client uses TLS, possibly only as far as a proxy. A client that falsely
 * claims to use TLS harms only itself: its browser does not send the cookie back.
 */
function isSecure({ url, headers }: Request): boolean {
  return url.startsWith("https:") ||
    headers.get("x-forwarded-proto")?.split(",")[0]?.trim() === "https" ||
    headers.get("origin")?.startsWith("https:") === true;
}
