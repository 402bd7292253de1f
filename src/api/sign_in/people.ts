// The people who may sign in, from a list or from a string such as an environment variable.

import { type AuthorizedUser, checkUser, type UserRight } from "../../access/authorize.ts";
import { hidden } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { isPlain } from "../../guards/argument_checks.ts";

/** A person with a token. */
export interface Person extends AuthorizedUser {
  /** A secret of at least 32 characters without spaces, chosen at random. */
  readonly token: string;
}

/** The minimum length of a token: 32 hexadecimal digits have 128 bits. */
const shortestToken = 32;

/**
 * Reads the people.
 *
 * @param people A list, or a string of entries `name:token:right+right` separated by whitespace.
 * @returns The people by name.
 * @throws {InvalidArgumentError} If there are no people, a token is too short, or a name or token
 * occurs twice. The message never contains a token.
 */
export function readPeople(people: unknown): ReadonlyMap<string, Person> {
  const list = typeof people === "string" ? peopleIn(people) : people;
  if (!Array.isArray(list) || list.length === 0) {
    const remedy = "be a list of people, or a string such as ada:TOKEN:view+operate";
    throw new InvalidArgumentError("people", hidden(people), remedy);
  }
  const byName = new Map<string, Person>();
  const tokens = new Set<string>();
  for (const [index, person] of list.entries()) {
    const { user, token } = checkPerson(person, `people[${index}]`);
    if (byName.has(user) || tokens.has(token)) {
      const remedy = "have a name and a token that no other person has";
      throw new InvalidArgumentError(`people[${index}]`, user, remedy);
    }
    byName.set(user, person);
    tokens.add(token);
  }
  return byName;
}

function peopleIn(text: string): object[] {
  return text.split(/\s+/).filter((entry) => entry !== "").map((entry, index) => {
    const [user, token, rights, ...rest] = entry.split(":");
    if (rights === undefined || rest.length > 0) {
      const remedy = "be name:token:right+right, such as ada:TOKEN:view+operate";
      throw new InvalidArgumentError(`people[${index}]`, hidden(entry), remedy);
    }
    return { user, token, can: rights.split("+") as UserRight[] };
  });
}

function checkPerson(person: unknown, argument: string): Person {
  if (!isPlain(person)) {
    const remedy = "be { user, token, can }";
    throw new InvalidArgumentError(argument, hidden(person), remedy);
  }
  const { token, ...user } = person as Person;
  if (typeof token !== "string" || token.length < shortestToken || /\s/.test(token)) {
    const shown = typeof token === "string" ? `(${token.length} characters)` : hidden(token);
    const remedy = `be a string of at least ${shortestToken} characters, without spaces`;
    throw new InvalidArgumentError(`${argument}.token`, shown, remedy);
  }
  checkUser(user, argument);
  if (user.user === "") throw new InvalidArgumentError(`${argument}.user`, "", "be a name");
  return person as Person;
}
