// authorizePeople: authorization by a token for each person, with sessions and sign-in links for
// browsers.

import { timingSafeEqual } from "hono/utils/buffer";
import type { Authorize, AuthorizedUser } from "../../access/authorize.ts";
import { checkOptions, checkText } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { OptionNames } from "../../guards/option_names.ts";
import { guardClock } from "../../time/guarded_clock.ts";
import { checkClock, type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { silentLogger } from "../../log/logger.ts";
import { type Person, readPeople } from "./people.ts";
import { Sessions } from "./sessions.ts";
import { SignInLinks } from "./sign_in_links.ts";

/** Options of {@linkcode authorizePeople}. */
export interface AuthorizePeopleOptions {
  /**
   * The duration of a session; at most 400 days.
   * @default 12 hours
   */
  readonly sessionDuration?: Duration;
  /**
   * The path to which browsers send the session cookie.
   * @default the path `/api/v1` of the API, as the browser sees it
   */
  readonly cookiePath?: string;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
}

/** The result of {@linkcode authorizePeople}. */
export interface AuthorizePeople extends Authorize {
  /**
   * Creates a link that signs a person in once, within 10 minutes, in a browser on this machine. It
   * is valid only in this process. Print it when a development server starts.
   *
   * @param url The URL of the API without `/api/v1`, such as `http://localhost:8000`.
   * @param user The name of one of the people.
   * @throws {InvalidArgumentError} If the URL is invalid, or no person has this name.
   */
  signInLink(url: string, user: string): string;
  /** Signs people in and out, for the routes of the API. */
  readonly signIn: SignIn;
}

/** Signs people in and out. */
export interface SignIn {
  /** Signs in by a token; returns null if no person has it. */
  byToken(token: string, request: Request): Promise<SignedIn | null>;
  /** Signs in by the code of a link; returns null if it is not valid. */
  byCode(code: string, request: Request): Promise<SignedIn | null>;
  /** Returns the value of `Set-Cookie` that ends a browser's session. */
  out(request: Request): string;
}

/** A person who has signed in. */
export interface SignedIn {
  /** The person's name. */
  readonly user: string;
  /** The value of `Set-Cookie`. */
  readonly cookie: string;
}

const optionNames: OptionNames<AuthorizePeopleOptions> = {
  sessionDuration: true,
  cookiePath: true,
  clock: true,
};

/**
 * Creates an `authorize` for the API and the monitoring hub that identifies people by their tokens.
 * Programs send `Authorization: Bearer TOKEN`. Browsers sign in with `POST /api/v1/session`, and
 * get a cookie.
 *
 * @param people The people, or a string of entries `name:token:right+right` separated by
 * whitespace, such as an environment variable.
 * @throws {InvalidArgumentError} If there are no people, a token has fewer than 32 characters, or
 * an option is invalid.
 *
 * @example
 * ```ts
 * import { authorizePeople } from "@evertask/evertask/api";
 *
 * const token = crypto.randomUUID(); // a secret of yours
 * const authorize = authorizePeople([
 *   { user: "ada", token, can: ["view", "payloads", "operate", "admin"] },
 * ]);
 * const headers = { authorization: `Bearer ${token}` };
 * const user = await authorize(new Request("http://localhost/", { headers }));
 * console.log(user?.user); // ada
 * ```
 */
export function authorizePeople(
  people: readonly Person[] | string,
  options: AuthorizePeopleOptions = {},
): AuthorizePeople {
  const byName = readPeople(people);
  const users = new Map([...byName].map(([name, person]) => [name, withoutToken(person)]));
  checkOptions(options, optionNames, "options");
  checkClock(options.clock, "clock");
  const { sessionDuration = { hours: 12 }, cookiePath, clock: given = systemClock } = options;
  const clock = guardClock(given, silentLogger);
  const durationMs = sessionMs(sessionDuration);
  if (cookiePath !== undefined && !isCookiePath(cookiePath)) {
    throw new InvalidArgumentError("cookiePath", cookiePath, 'be a URL path such as "/"');
  }
  const sessions = new Sessions(clock, durationMs, { path: cookiePath ?? null });
  const links = new SignInLinks(clock);
  const signedIn = async (person: Person | null | undefined, request: Request) =>
    person ? { user: person.user, cookie: await sessions.open(person, request) } : null;
  const authorize: Authorize = async (request) => {
    const header = request.headers.get("authorization");
    const person = header === null
      ? await sessions.ownerOf(request, byName)
      : await withToken(byName, /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? "");
    return person && users.get(person.user)!;
  };
  return Object.assign(authorize, {
    signInLink(url: string, user: string): string {
      checkText(user, "user");
      if (!byName.has(user)) {
        throw new InvalidArgumentError("user", user, "be the name of one of the people");
      }
      if (typeof url !== "string" || !/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
        throw new InvalidArgumentError("url", url, "be a URL such as http://localhost:8000");
      }
      const base = url.replace(/\/+$/, "");
      return `${base}/api/v1/sign-in?code=${links.add(user)}`;
    },
    signIn: {
      byToken: async (token: string, request: Request) =>
        await signedIn(await withToken(byName, token), request),
      byCode: async (code: string, request: Request) =>
        await signedIn(byName.get(links.use(code) ?? ""), request),
      out: (request: Request) => sessions.close(request),
    },
  });
}

/**
 * Returns the person with a token. Compares all tokens, so that the time depends on none of them.
 */
async function withToken(people: ReadonlyMap<string, Person>, token: string) {
  let found: Person | null = null;
  for (const person of people.values()) {
    if (await timingSafeEqual(token, person.token)) found = person;
  }
  return found;
}

function withoutToken({ token: _, ...user }: Person): AuthorizedUser {
  return user;
}

/** Checks the duration. Browsers keep cookies for at most 400 days. */
function sessionMs(duration: Duration): number {
  const milliseconds = toMilliseconds(duration, "sessionDuration");
  if (milliseconds >= 1000 && milliseconds <= 400 * 86_400_000) return milliseconds;
  throw new InvalidArgumentError("sessionDuration", duration, "be from 1 second to 400 days");
}

function isCookiePath(path: unknown): boolean {
  return typeof path === "string" && /^\/[^;\s]*$/.test(path);
}
