// The API against its own description: the document is valid, and hostile requests get only answers
// that it describes.

import { assert, assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { ServedApi } from "./served_api.ts";

/** A route as the document describes it. */
interface Route {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content: object }>>;
}

Deno.test("the description is a valid OpenAPI 3.1 document", async () => {
  await using served = new ServedApi();
  const { body } = await served.ask("/api/v1/openapi.json");
  const validator = new Validator();
  assertEquals(await validator.validate(body), { valid: true });
  assertEquals(validator.version, "3.1");
});

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    ...["", "'; DROP TABLE tasks; --", "%", "\0", "../../etc/passwd", "<script>", "NaN", "-1"],
    ...["1e999", "9999999999999999999", "true", "Failed", "2026-02-30T00:00:00Z", "x".repeat(2000)],
    ...["__proto__", "01900000-0000-7000-8000-000000000001", "0000-01-01T00:00:00Z"],
    "9999-12-31T23:59:59+23:59",
  ),
);

Deno.test("for any parameters, the answer is one that the description has", async () => {
  await using served = new ServedApi();
  const { body } = await served.ask("/api/v1/openapi.json");
  const routes = Object.entries<{ readonly get: Route }>(body.paths);
  const statuses = new Set<number>();
  const requests = fc.record({
    at: fc.nat({ max: routes.length - 1 }),
    values: fc.array(hostile, { minLength: 1, maxLength: 4 }),
    names: fc.array(fc.nat({ max: 20 }), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(requests, async ({ at, values, names }) => {
      const [path, { get }] = routes[at]!;
      const parameters = (get.parameters ?? []).filter((parameter) => parameter.in === "query");
      const query = new URLSearchParams(names.flatMap((name, index) => {
        const parameter = parameters[name % Math.max(1, parameters.length)];
        return parameter === undefined ? [] : [[parameter.name, values[index % values.length]!]];
      }));
      const id = encodeURIComponent(values[0]!.toWellFormed()) || "x";
      if (id === "." || id === "..") return;
      const answer = await served.ask(`${path.replace("{id}", id)}?${query}`);
      statuses.add(answer.status);
      const described = get.responses[answer.status];
      assert(described !== undefined, `${path}?${query} is answered ${answer.status}`);
      assertEquals(Object.keys(described.content), [answer.headers.get("content-type")]);
      assert(answer.status < 500, JSON.stringify(answer.body));
    }),
    { numRuns: 500 },
  );
  assertEquals([...statuses].sort(), [200, 400, 404]);
  assertEquals(served.log, []);
});
