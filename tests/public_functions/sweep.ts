// Replaces each argument and member of a call in turn with invalid values, and checks the outcome.

import fc from "fast-check";
import { EverTaskError } from "../../mod.ts";
import { kindOf, type Shape, type Subject } from "./shapes.ts";

/** Values of every kind, including unusual ones. */
const values: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -1,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  1e300,
  5n,
  "",
  "text",
  "__proto__",
  "\0",
  "\ud800",
  "x".repeat(10_000),
  Symbol("symbol"),
  () => {},
  () => 5,
  [],
  [null],
  [undefined, 5],
  [Symbol("symbol")],
  [Object.create(null)],
  [{ toString: null }],
  new Date(NaN),
  new Date(8.64e15),
  {},
  { toString: 5, constructor: null },
  Object.create(null),
  new Map(),
  new Set([1]),
  new Uint8Array(3),
  Promise.resolve(5),
  new Error("an error"),
  Object.freeze({ then: 5 }),
];

const anyValue = fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true });

/**
 * The path of a value in the arguments of a call: the argument's index, then the names of members.
 */
type Place = readonly (number | string)[];

/** A place and its allowed values. */
interface Spot {
  readonly place: Place;
  readonly shape: Shape;
}

/**
 * Calls a function with each value in each place. Returns a line for each place where an invalid
 * value is accepted, or where an error is not an {@linkcode EverTaskError}.
 */
export async function sweep(subject: Subject): Promise<string[]> {
  const spots = subject.args.flatMap((shape, index) => spotsIn(shape, [index]));
  const faults = new Map<string, string[]>();
  const check = async (spot: Spot, value: unknown) => {
    const fault = await faultOf(subject, spot, value);
    if (fault === null) return;
    const key = `${subject.name ?? ""}(${spot.place.join(".")}) ${fault}`;
    faults.set(key, [...faults.get(key) ?? [], describe(value)]);
  };
  for (const spot of spots) {
    for (const value of values) await check(spot, value);
    if (spot.shape.members !== undefined) {
      await check(spot, { ...spot.shape.valid as object, misspelt: 1 });
    }
    for (const value of fc.sample(anyValue, 10)) await check(spot, value);
  }
  return Array.from(faults, ([fault, found]) => `${fault}: ${found.slice(0, 5).join(" | ")}`);
}

/** Returns the place itself and the places of its members. */
function spotsIn(shape: Shape, place: Place): Spot[] {
  const members = Object.entries(shape.members ?? {});
  return [
    { place, shape },
    ...members.flatMap(([name, member]) => spotsIn(member, [...place, name])),
  ];
}

/** Calls the function with a value in a place. Returns a description of the fault, or null. */
async function faultOf(
  subject: Subject,
  { place, shape }: Spot,
  value: unknown,
): Promise<string | null> {
  const args = subject.args.map(({ valid }, index) =>
    index === place[0] ? replaced(valid, place.slice(1), value) : valid
  );
  const { members = {}, isOpen } = shape;
  const isMisspelt = shape.members !== undefined && !isOpen && kindOf(value) === "object" &&
    Object.keys(value as object).some((name) => !Object.hasOwn(members, name));
  const isWrong = !shape.kinds.has(kindOf(value)) || isMisspelt;
  try {
    await subject.call(...args as never[]);
  } catch (error) {
    return error instanceof EverTaskError ? null : `gives a foreign error (${describe(error)})`;
  }
  return isWrong ? "is accepted" : null;
}

/** Returns a copy in which the member at a path has another value. */
function replaced(valid: unknown, [name, ...path]: Place, value: unknown): unknown {
  if (name === undefined) return value;
  const member = (valid as Record<string, unknown>)[name];
  return { ...valid as object, [name]: replaced(member, path, value) };
}

function describe(value: unknown): string {
  try {
    return Deno.inspect(value, { depth: 2 }).replaceAll(/\s+/g, " ").slice(0, 100);
  } catch {
    return "a value that cannot be shown";
  }
}
