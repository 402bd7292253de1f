// Reads the JUnit report that `deno test --junit-path` writes.

/** A test, or a step of one. */
export interface TestCase {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** Yields the tests of a report. XML escapes `<` in text and attributes, so each match is a tag. */
export function* testCases(report: string): Generator<TestCase> {
  const pattern = /<testcase\s([^<]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
  for (const [, attributes = "", content = ""] of report.matchAll(pattern)) {
    const [, name = ""] = attributes.match(/(?:^|\s)name="([^"]*)"/) ?? [];
    const outcome = /<(?:failure|error)[\s>]/.test(content)
      ? "failed"
      : /<skipped[\s/>]/.test(content)
      ? "skipped"
      : "passed";
    yield { name: decode(name), outcome };
  }
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (entity, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return entities[name] ?? entity;
  });
}
