// Runs every test. The slowest files start first, unit tests follow in groups, and the type check
// runs at the same time, so that no core is idle.

import { groupFiles } from "./grouped_files.ts";

/**
 * The files that take longest, which start first. Otherwise one of them could start last, and run
 * alone on one core.
 */
export const longest: readonly string[] = [
  "tests/node_test.ts",
  "tests/integration/postgres_crash_test.ts",
  "tests/frameworks_test.ts",
  "tests/worker/database_trouble_test.ts",
  "tests/worker/attempt/failing_callbacks_test.ts",
  "tests/drivers/postgres/conformance_test.ts",
  "tests/bench_test.ts",
  "tests/integration/postgres_restart_test.ts",
  "tests/testing/simulation/seeds_test.ts",
  "tests/integration/sqlite_crash_test.ts",
  "tests/dashboard/pages_test.ts",
  "tests/integration/postgres_network_test.ts",
  "tests/package/compilers_test.ts",
  "tests/demo_test.ts",
  "tests/package/published_package_test.ts",
  "tests/integration/idle_test.ts",
  "tests/schedule/engine/processes_test.ts",
  "tests/upgrade/upgrade_test.ts",
  "tests/storage/model/model_test.ts",
  "tests/integration/postgres_full_disk_test.ts",
];

/**
 * The folders of tests that mostly compute. The files of a group run one after the other: tests that
 * wait would make others wait.
 */
export const computing: readonly string[] = [
  "api",
  "application",
  "dispatch",
  "drivers/memory",
  "drivers/sqlite",
  "drivers/sqlserver",
  "events",
  "guards",
  "ids",
  "log",
  "monitor",
  "operate",
  "payload",
  "retry",
  "schedule",
  "storage",
  "task",
  "testing",
  "thrown",
  "time",
  "worker",
].map((folder) => `tests/${folder}`);

/** The number of files in a group. A group should take less time than the longest files. */
const groupSize = 8;

/** The options of {@linkcode testEverything}. */
export interface WholeRun {
  /** The arguments of `deno test`, without files. */
  readonly args: readonly string[];
  /** The environment variables of `deno test`. @default none */
  readonly env?: Record<string, string>;
  /** The project's folder. @default the current one */
  readonly cwd?: string;
  /** The files that start first. @default {@linkcode longest} */
  readonly first?: readonly string[];
  /** The folders whose other files run in groups. @default {@linkcode computing} */
  readonly folders?: readonly string[];
  /** Where the output of `deno test` goes. @default "inherit" */
  readonly output?: "inherit" | "null";
}

/**
 * Runs every test of a folder. Checks their types at the same time, because the compiler uses only
 * one core.
 *
 * @returns The exit code: not 0 if a test or the type check fails.
 */
export async function testEverything(
  { args, first = longest, folders = computing, output = "inherit", ...options }: WholeRun,
): Promise<number> {
  const program = Deno.execPath();
  const cwd = options.cwd ?? Deno.cwd();
  await using groups = await groupFiles({ cwd, first, folders, size: groupSize });
  const documented = await documentedPaths(cwd);
  const withoutReport = args.filter((arg) => !arg.startsWith("--junit-path"));
  const check = new Deno.Command(program, {
    ...options,
    args: ["test", "--no-run", ...withoutReport],
    stdout: "null",
    stderr: "piped",
  });
  const tests = new Deno.Command(program, {
    ...options,
    // The paths add the examples in the documentation, but not the test files again.
    args: ["test", "--no-check", "--ignore=**/*_test.ts", ...args, ...groups.paths, ...documented],
    stdout: output,
    stderr: output,
  });
  const [types, { code }] = await Promise.all([check.output(), tests.spawn().status]);
  if (types.success) return code;
  if (output === "inherit") console.error(new TextDecoder().decode(types.stderr));
  return types.code;
}

/**
 * Returns the folders and files whose examples are tests. Deno does not apply what its configuration
 * excludes to the current folder if paths of files are among the arguments, too.
 */
async function documentedPaths(cwd: string): Promise<readonly string[]> {
  const { test } = JSON.parse(await Deno.readTextFile(`${cwd}/deno.json`));
  const excluded: readonly string[] = [...test.exclude, "node_modules"];
  const entries = await Array.fromAsync(Deno.readDir(cwd));
  return entries.filter(({ name, isDirectory }) =>
    !name.startsWith(".") && !excluded.includes(name) &&
    (isDirectory || /\.(?:ts|md)$/.test(name))
  ).map(({ name }) => name);
}
