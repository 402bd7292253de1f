// The users of requests, as the application's `authorize` describes them: their rights, the tasks
// that they see, and the redaction of texts. The REST API and the monitoring hub call `authorize`.

import { checkNames, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { parseTaskFilter } from "../storage/task_filter.ts";
import { readMember } from "../thrown/reading.ts";
import { checkScope, type TaskScope } from "./task_scope.ts";

/**
 * A right: `view` to see tasks, queues and workers, `payloads` to see payloads, `operate` to change
 * tasks and series, `admin` to change queues and other parts of the whole store. No right includes
 * another.
 */
export type UserRight = "view" | "payloads" | "operate" | "admin";

const rights: readonly UserRight[] = ["view", "payloads", "operate", "admin"];

/** The origin of a text. */
export interface TextSource {
  /**
   * A payload (as JSON), the text of an error, a line of a task's log, the message of an event, or
   * the reason that an operator gave.
   */
  readonly kind: "payload" | "error" | "log" | "event" | "reason";
  /** The type of the task; empty for a reason. */
  readonly taskType: string;
}

/**
 * Returns the form of a text that a user may see. For a payload, the result must be JSON. If the
 * function throws or does not return a string, the request fails.
 */
export type Redact = (text: string, source: TextSource) => string;

/** A user of the API or of the monitoring hub. */
export interface AuthorizedUser {
  /** The user's name. */
  readonly user: string;
  /** The user's rights. */
  readonly can: readonly UserRight[];
  /**
   * The tasks that the user sees; all by default. A user with a filter cannot see that other tasks
   * exist, and gets no summaries of the whole store.
   */
  readonly filter?: TaskScope;
  /**
   * Redacts payloads, errors, log lines and messages before the user sees them. Types, queues and
   * keys are not redacted.
   */
  readonly redact?: Redact;
}

/**
 * Returns the user of a request, identified by a header, a cookie or other data; null for an
 * unknown user.
 */
export type Authorize = (
  request: Request,
) => AuthorizedUser | null | Promise<AuthorizedUser | null>;

const members = { user: true, can: true, filter: true, redact: true } as const;

/**
 * Calls `authorize`, and checks its result.
 *
 * @returns The user, or null if unknown.
 * @throws {InvalidArgumentError} If the result of `authorize` is invalid.
 */
export async function userOf(
  authorize: Authorize,
  request: Request,
): Promise<AuthorizedUser | null> {
  const answer = await authorize(request);
  if (answer !== null) checkUser(answer, "the answer of authorize");
  return answer;
}

/**
 * Checks the description of a user. Unknown properties are rejected, because a user with a
 * misspelled `filter` would see all tasks.
 *
 * @throws {InvalidArgumentError} If a property is missing, invalid or unknown.
 */
export function checkUser(user: unknown, argument: string): asserts user is AuthorizedUser {
  if (typeof readMember(user, "user") !== "string" || !Array.isArray(readMember(user, "can"))) {
    throw new InvalidArgumentError(argument, user, 'be { user, can: ["view", "payloads"] }');
  }
  const { can, filter, redact } = user as AuthorizedUser;
  checkOptions(user as AuthorizedUser, members, argument);
  checkNames(can, rights, `${argument}.can`);
  if (filter !== undefined) {
    checkScope(filter, `${argument}.filter`);
    parseTaskFilter(filter);
  }
  if (redact !== undefined && typeof redact !== "function") {
    throw new InvalidArgumentError(`${argument}.redact`, redact, "be a function");
  }
}
