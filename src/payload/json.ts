// What JSON makes of a payload, as types: a payload is stored as JSON, and a handler gets what is read back.

/**
 * What a handler gets for a payload: a `Date` has become a text, and whatever else has a `toJSON` what that gives; `undefined` is
 * null as a whole payload, and absent as a property. `void`, which is no payload, stays `void`.
 *
 * @typeParam Payload What is dispatched.
 *
 * @example
 * ```ts
 * import type { JsonOf } from "@evertask/evertask";
 *
 * const stored: JsonOf<{ at: Date; tags?: string[] }> = { at: "2026-12-25T10:00:00.000Z" };
 * ```
 */
export type JsonOf<Payload> = unknown extends Payload ? Payload
  : Payload extends Plain ? Payload
  : Payload extends undefined ? null
  : Payload extends void ? void
  : Payload extends { toJSON(...args: never[]): infer Written } ? JsonOf<Written>
  : Payload extends (infer Item)[] ? Item[] extends Payload ? JsonPart<Item>[] : JsonTuple<Payload>
  : Payload extends readonly (infer Item)[]
    ? readonly Item[] extends Payload ? readonly JsonPart<Item>[] : JsonTuple<Payload>
  : { [Name in keyof Payload as Exclude<Name, symbol>]: JsonPart<Payload[Name]> };

/** @internal A list whose places have types of their own. */
type JsonTuple<List> = { [Index in keyof List]: JsonPart<List[Index]> };

/** @internal An element or a property. */
type JsonPart<Part> = Part extends undefined ? Part : JsonOf<Part>;

/**
 * The constraint of a payload's type: the type itself, if JSON holds all that it may have. In the place of what JSON does not
 * hold there is a text that says so, so that the compiler's error names the property, and what to write instead.
 *
 * A class with methods is refused as well, since its handler would get no methods. What types do not tell, such as `NaN` from
 * other numbers, is refused by `dispatch`.
 *
 * @typeParam Payload What is to be dispatched.
 *
 * @example A function that makes tasks of any payload
 * ```ts
 * import { defineTask, type JsonOf, type StorablePayload } from "@evertask/evertask";
 *
 * function auditTask<Payload extends StorablePayload<Payload>>(
 *   type: string,
 *   write: (entry: JsonOf<Payload>) => void,
 * ) {
 *   return defineTask<Payload>({ type, auditLevel: "None", handle: (payload) => write(payload) });
 * }
 * ```
 */
// The compiler takes a type parameter for circular when its constraint distributes over the parameter: so this asks about the
// whole type, and only StorablePart about the members of a union.
export type StorablePayload<Payload> = [Extract<Exclude<Payload, WritesItself>, Unwritable>] extends
  [never] ? StorableWhole<Payload>
  : "JSON has no functions, symbols, bigints, Maps, Sets, promises and bytes: a payload is data";

/** @internal A payload of which JSON holds the outermost layer. */
type StorableWhole<Whole> = [Exclude<Whole, Known>] extends [never]
  ? [Extract<Whole, Plain | WritesItself>] extends [never] ? StorableParts<Whole>
  : StorableParts<Whole> | Plain | WritesItself
  : unknown;

type StorableParts<Whole> = { [Name in keyof Whole]: StorablePart<Whole[Name]> };

type StorablePart<Part> = unknown extends Part ? Part
  : Part extends Plain | undefined ? Part
  : Part extends AnyFunction ? "JSON has no functions: a payload is data"
  : Part extends symbol ? "JSON has no symbols: write a text"
  : Part extends { toJSON(...args: never[]): infer Written }
    ? { toJSON(...args: never[]): StorablePart<Written> }
  : Part extends bigint ? "JSON has no bigint: write a text"
  : Part extends AnyMap ? "JSON has no Map: write Object.fromEntries(map), or a list of its entries"
  : Part extends AnySet ? "JSON has no Set: write [...set]"
  : Part extends PromiseLike<unknown> ? "JSON has no Promise: await it first"
  : Part extends Bytes ? "JSON has no bytes: write them in base64"
  : [Part, keyof Error] extends [Error, keyof Part] ? "JSON has no Error: write its message"
  : Part extends readonly (infer Item)[]
    ? number extends Part["length"] ? readonly StorableItem<Item>[] : StorableParts<Part>
  : StorableParts<Part>;

type StorableItem<Item> = Item extends undefined ? "JSON has no undefined in a list: write null"
  : StorablePart<Item>;

/** @internal What JSON holds as it is. */
type Plain = string | number | boolean | null;
/** All but `unknown`. */
type Known = Plain | bigint | symbol | undefined | void | object;
/** @internal What says itself what it is as JSON: a `Date`, a `URL`. */
type WritesItself = { toJSON(...args: never[]): unknown };
/** @internal What JSON does not hold, unless it writes itself. */
type Unwritable = AnyFunction | symbol | bigint | AnyMap | AnySet | PromiseLike<unknown> | Bytes;
type AnyFunction = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);
type AnyMap = ReadonlyMap<unknown, unknown>;
type AnySet = ReadonlySet<unknown>;
type Bytes = ArrayBuffer | ArrayBufferView;
