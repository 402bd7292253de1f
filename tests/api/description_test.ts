// Tests the API against its own description. The document must be valid, and hostile requests must
// get only responses that it describes, with bodies that match its schemas.

import { parse, validate } from "@readme/openapi-parser";
import { assert, assertEquals } from "@std/assert";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { createApi } from "../../src/api/mod.ts";
import { type Logger, silentLogger } from "../../mod.ts";
import { makeTenantStore } from "./tenants.ts";

/** The members of a JSON schema that these tests read. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** An operation in the document. */
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: Schema } };
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

const user = { user: "ada", can: ["view", "payloads", "operate", "admin"] } as const;

/** Creates an API with tasks, and returns its description and its log of errors. */
async function makeApi() {
  const store = await makeTenantStore();
  const log: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message) => void log.push(message) };
  const api = createApi(store.everTask, { authorize: () => user, logger });
  const ask = (path: string, init?: RequestInit) =>
    api.fetch(new Request(`http://localhost${path}`, init));
  const document = await (await ask("/api/v1/openapi.json")).json();
  return { store, log, ask, document };
}

Deno.test("the description is a valid OpenAPI 3.1 document", async () => {
  const { store, document } = await makeApi();
  await using _everTask = store.everTask;
  assertEquals(document.openapi, "3.1.0");
  await parse(structuredClone(document));
  const { valid, warnings } = await validate(structuredClone(document));
  assertEquals([valid, warnings], [true, []]);
});

/** Checks bodies against the schemas of a document. */
class BodyChecks {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #components: object;
  readonly #known = new Map<Schema, ValidateFunction>();

  constructor({ components }: { readonly components: object }) {
    addFormats.default(this.#ajv);
    this.#components = components;
  }

  /** Returns the errors of a body, or null if it matches the schema. */
  faultOf(schema: Schema, body: unknown): string | null {
    let check = this.#known.get(schema);
    if (check === undefined) {
      check = this.#ajv.compile({ ...schema, components: this.#components });
      this.#known.set(schema, check);
    }
    return check(body) ? null : this.#ajv.errorsText(check.errors);
  }
}

const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    ...["", "'; DROP TABLE tasks; --", "%", "\0", "../../etc/passwd", "<script>", "NaN", "-1"],
    ...["1e999", "9999999999999999999", "true", "Failed", "2026-02-30T00:00:00Z", "x".repeat(2000)],
    ...["__proto__", "01900000-0000-7000-8000-000000000001", "0000-01-01T00:00:00Z"],
    ...["9999-12-31T23:59:59+23:59", "pause", "retry", "default", "1", "0 9 * * *", "apple-report"],
    '"x"',
  ),
);
const hostileValue = fc.oneof(
  hostileText,
  fc.jsonValue(),
  fc.constantFrom(null, true, -1, 0, 1, 1.5, 1e300, [], {}, { queue: ["x"] }, { kind: "cron" }),
);
/** Generates the parts of a request. */
const requests = fc.record({
  at: fc.nat(),
  task: fc.nat({ max: 5 }),
  isOfStore: fc.boolean(),
  texts: fc.array(hostileText, { minLength: 1, maxLength: 5 }),
  names: fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
  values: fc.array(hostileValue, { minLength: 1, maxLength: 5 }),
  rawBody: fc.option(hostileText, { freq: 10 }),
});

Deno.test("for any parameters and bodies, the response matches the description", async () => {
  const { store, log, ask, document } = await makeApi();
  await using _everTask = store.everTask;
  const checks = new BodyChecks(document);
  const ids = Object.values(store.tasks).flatMap((ofTenant) => Object.values(ofTenant));
  const operations = Object.entries<Readonly<Record<string, Operation>>>(document.paths)
    .filter(([path]) => path !== "/api/v1/events") // this response does not end
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
    );
  const statuses = new Set<number>();
  // A change of a task that has changed since: random requests rarely are one.
  const stale = {
    at: operations.findIndex(({ path }) => path === "/api/v1/tasks/{id}/retry"),
    ...{ task: 0, isOfStore: true, texts: ["x"], names: [], values: ["x"], rawBody: null },
  };
  await fc.assert(
    fc.asyncProperty(requests, async ({ at, task, isOfStore, texts, names, values, rawBody }) => {
      const { path, method, operation } = operations[at % operations.length]!;
      const { parameters = [], requestBody, responses } = operation;
      const pick = <T>(list: readonly T[], index: number) => list[index % list.length]!;
      const inQuery = parameters.filter((parameter) => parameter.in === "query");
      const query = new URLSearchParams(
        names.flatMap((name, index) =>
          inQuery.length === 0 ? [] : [[pick(inQuery, name).name, pick(texts, index)]]
        ),
      );
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
        const text = name === "id" && isOfStore ? pick(ids, task) : pick(texts, name.length);
        return encodeURIComponent(text.toWellFormed()) || "x";
      });
      if (/\/\.\.?(\/|$)/.test(filled)) return; // the URL parser would normalize this path
      const members = Object.keys(requestBody?.content["application/json"].schema.properties ?? {});
      const body = Object.fromEntries(
        names.map((name, index) => [pick([...members, "x"], name), pick(values, index)]),
      );
      const headers = new Headers({ "if-match": '"x"' });
      if (requestBody !== undefined) headers.set("content-type", "application/json");
      const answer = await ask(`${filled}?${query}`, {
        method: method.toUpperCase(),
        headers,
        ...requestBody === undefined
          ? {}
          : { body: rawBody ?? JSON.stringify({ ...body, ...isOfStore && { reason: "a test" } }) },
      });
      statuses.add(answer.status);
      const what = `${method} ${filled}?${query} ${JSON.stringify(body)} is ${answer.status}`;
      const described = responses[answer.status];
      assert(described !== undefined, what);
      assert(answer.status < 500, `${what}: ${await answer.clone().text()}`);
      const text = await answer.text();
      if (described.content === undefined) return assertEquals(text, "", what);
      const [type] = (answer.headers.get("content-type") ?? "").split(";");
      const schema = described.content[type!]?.schema;
      assert(schema !== undefined, `${what}: ${type}`);
      const seen = type!.endsWith("json") ? JSON.parse(text) : text;
      assertEquals(checks.faultOf(schema, seen), null, `${what}: ${text}`);
    }),
    { numRuns: 500, examples: [[stale]] },
  );
  for (const expected of [200, 400, 404, 412]) assert(statuses.has(expected), `${expected}`);
  assertEquals(log, []);
});
