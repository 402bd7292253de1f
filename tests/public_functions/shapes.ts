// Describes the arguments of public functions: for each argument and each member of its options, a
// valid value and the allowed kinds of values. All other kinds are invalid.

/** The kinds of values that callers in untyped code might confuse. */
export type Kind =
  | "undefined"
  | "null"
  | "boolean"
  | "number"
  | "bigint"
  | "text"
  | "symbol"
  | "function"
  | "list"
  | "date"
  | "object"
  | "exotic"; // an object of a kind that is never options: a Map, a Promise, an Error

/** All kinds. */
export const allKinds: readonly Kind[] = [
  "undefined",
  "null",
  "boolean",
  "number",
  "bigint",
  "text",
  "symbol",
  "function",
  "list",
  "date",
  "object",
  "exotic",
];

/** The allowed values of an argument or a member. */
export interface Shape {
  readonly valid: unknown;
  readonly kinds: ReadonlySet<Kind>;
  /** The members, if the value is an object with known members. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** Whether other members are allowed. */
  readonly isOpen?: true;
}

/** A public function, and the shapes of its arguments. */
export interface Subject {
  /** Identifies the subject in reports, if an export has several. */
  readonly name?: string;
  /** Calls the function and disposes of the result. */
  readonly call: (...args: never[]) => unknown;
  readonly args: readonly Shape[];
}

/**
 * The exports of a module by name: functions with their calls, constants, and error classes.
 * Constants and error classes are not called.
 */
export type Subjects = Readonly<Record<string, readonly Subject[] | "constant" | "error">>;

/** Returns the error classes that a module exports. */
export function errorClasses(module: object): Subjects {
  const names = Object.entries(module).filter(([, value]) =>
    typeof value === "function" && value.prototype instanceof Error
  ).map(([name]) => name);
  return Object.fromEntries(names.map((name) => [name, "error"]));
}

/** Returns the kind of a value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (value instanceof Date) return "date";
  const type = typeof value;
  if (type !== "object") return type === "string" ? "text" : type;
  return Object.prototype.toString.call(value) === "[object Object]" ? "object" : "exotic";
}

/** Allows the given kinds of values; by default, the kind of `valid`. */
export function takes(valid: unknown, ...kinds: readonly Kind[]): Shape {
  return { valid, kinds: new Set(kinds.length === 0 ? [kindOf(valid)] : kinds) };
}

/** Allows any value. */
export function anything(valid: unknown): Shape {
  return takes(valid, ...allKinds);
}

/** Allows also `undefined`. */
export function optional(shape: Shape): Shape {
  return { ...shape, kinds: new Set([...shape.kinds, "undefined" as const]) };
}

/** Allows an object with only these members. */
export function options(members: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(members).map(([name, { valid }]) => [name, valid]);
  return { valid: Object.fromEntries(entries), kinds: new Set(["object"]), members };
}

/** Allows an object with these members and any others. */
export function object(members: Readonly<Record<string, Shape>>): Shape {
  return { ...options(members), isOpen: true };
}

/** A length of time. */
export const duration = takes({ seconds: 1 }, "number", "object");

/** A point in time. */
export const instant = takes(new Date("2100-01-01T00:00:00Z"), "date", "text", "object");

/** Allows an object with only these members, all optional, or `undefined`. */
export function optionalOptions(members: Readonly<Record<string, Shape>>): Shape {
  return optional(options(allOptional(members)));
}

/** Makes all members optional. */
export function allOptional(
  members: Readonly<Record<string, Shape>>,
): Readonly<Record<string, Shape>> {
  return Object.fromEntries(
    Object.entries(members).map(([name, shape]) => [name, optional(shape)]),
  );
}
