// Sums up a JUnit report of `deno test` in the closing line of a run, "N passed, N failed, N skipped":
//
//   deno run --allow-read .ci/summarize.ts junit.xml EXIT_CODE
//
// It fails when a test failed, when nothing ran, and when the tests ended with another exit code than 0: a file that
// cannot be loaded is in no report.

const [path = "", exitCode = ""] = Deno.args;

let [total, failed, skipped] = [0, 0, 0];
for (const suite of testSuites(await readReport(path))) {
  total += suite.tests;
  failed += suite.failures + suite.errors;
  skipped += suite.disabled;
}
const passed = total - failed - skipped;
if (exitCode !== "0" && failed === 0) {
  console.log(`The tests ended with exit code ${exitCode}: something failed outside of a test.`);
  failed = 1;
}
if (passed === 0 && failed === 0) {
  console.log("No test ran.");
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
Deno.exit(failed === 0 ? 0 : 1);

async function readReport(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("The tests left no report.");
    return "";
  }
}

/** The counts of each `<testsuite>`. In XML, text and attributes hold no bare `<`, so a tag found is a tag. */
function* testSuites(report: string) {
  for (const [, attributes = ""] of report.matchAll(/<testsuite\s([^<]*?)\/?>\s*(?=<|$)/g)) {
    const count = (name: string) =>
      Number(attributes.match(new RegExp(`(?:^|\\s)${name}="(\\d+)"`))?.[1] ?? 0);
    yield {
      tests: count("tests"),
      failures: count("failures"),
      errors: count("errors"),
      disabled: count("disabled"),
    };
  }
}
