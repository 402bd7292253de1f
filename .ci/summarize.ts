// Summarizes a JUnit report of `deno test` in one line, "N passed, N failed, N skipped":
//
//   deno run --allow-read --allow-env=CI .ci/summarize.ts junit.xml EXIT_CODE
//
// Fails if a test failed, if no test ran, or if the exit code of the tests is not 0, because a file
// that cannot be loaded is in no report. In CI it also fails if a test was skipped that is not in
// may_be_skipped.json.

import { testCases } from "./junit_report.ts";
import { reportSkipped } from "./skipped_tests.ts";

const [path = "", exitCode = ""] = Deno.args;

const cases = [...testCases(await readReport(path))];
const failed = cases.filter(({ outcome }) => outcome === "failed").length;
const skipped = cases.filter(({ outcome }) => outcome === "skipped");
const passed = cases.length - failed - skipped.length;

const unexpected = reportSkipped(skipped.map(({ name }) => name));
const countedAsFailed = Deno.env.get("CI") === "true" ? unexpected : 0;
if (countedAsFailed > 0) console.log("In CI, a test that may not be skipped counts as failed.");
let faults = failed + countedAsFailed;
if (exitCode !== "0" && failed === 0) {
  console.log(`The tests ended with exit code ${exitCode}: something failed outside of a test.`);
  faults += 1;
}
if (passed === 0 && faults === 0) {
  console.log("No test ran.");
  faults = 1;
}
const left = skipped.length - countedAsFailed;
const rest = left === 0 ? "" : `, ${left} skipped`;
console.log(`${passed} passed, ${faults} failed${rest}`);
Deno.exit(faults === 0 ? 0 : 1);

async function readReport(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("The tests left no report.");
    return "";
  }
}
