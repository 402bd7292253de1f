// The arguments of public functions: a valid value for each argument and each member of its
// options, and the allowed kinds of values. All other kinds are wrong.

/** The kinds of values that a caller without types might confuse. */
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

/** The value in one place. */
export interface Shape {
  readonly valid: unknown;
  readonly kinds: ReadonlySet<Kind>;
  /** The members of options. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** Whether an application may add members of its own. */
  readonly isOpen?: true;
}

/** A public function, and the shapes of its arguments. */
export interface Subject {
  /** Its name in a report, if it differs from the export's. */
  readonly name?: string;
  /** Calls it, and disposes of the result. */
  readonly call: (...args: never[]) => unknown;
  readonly args: readonly Shape[];
}

/**
 * The exports of a module by name: functions, other values, and classes of errors, which programs
 * only read.
 */
export type Subjects = Readonly<Record<string, readonly Subject[] | "constant" | "error">>;

/** The classes of errors that a module exports. */
export function errorClasses(module: object): Subjects {
  const names = Object.entries(module).filter(([, value]) =>
    typeof value === "function" && value.prototype instanceof Error
  ).map(([name]) => name);
  return Object.fromEntries(names.map((name) => [name, "error"]));
}

/** The kind of a value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (value instanceof Date) return "date";
  const type = typeof value;
  if (type !== "object") return type === "string" ? "text" : type;
  return Object.prototype.toString.call(value) === "[object Object]" ? "object" : "exotic";
}

/** One value; others of its kind, or of these kinds, are allowed, too. */
export function takes(valid: unknown, ...kinds: readonly Kind[]): Shape {
  return { valid, kinds: new Set(kinds.length === 0 ? [kindOf(valid)] : kinds) };
}

/** Any value at all. */
export function anything(valid: unknown): Shape {
  return takes(valid, ...allKinds);
}

/** An optional value. */
export function optional(shape: Shape): Shape {
  return { ...shape, kinds: new Set([...shape.kinds, "undefined" as const]) };
}

/** Options: an object with these members and no others. */
export function options(members: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(members).map(([name, { valid }]) => [name, valid]);
  return { valid: Object.fromEntries(entries), kinds: new Set(["object"]), members };
}

/** An object with these members, to which an application may add its own. */
export function object(members: Readonly<Record<string, Shape>>): Shape {
  return { ...options(members), isOpen: true };
}

/** A length of time. */
export const duration = takes({ seconds: 1 }, "number", "object");

/** A point in time. */
export const instant = takes(new Date("2100-01-01T00:00:00Z"), "date", "text", "object");

/** Optional options, which may be left out themselves. */
export function optionalOptions(members: Readonly<Record<string, Shape>>): Shape {
  return optional(options(allOptional(members)));
}

/** The same members, all optional. */
export function allOptional(
  members: Readonly<Record<string, Shape>>,
): Readonly<Record<string, Shape>> {
  return Object.fromEntries(
    Object.entries(members).map(([name, shape]) => [name, optional(shape)]),
  );
}
