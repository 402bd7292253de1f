// Runs every test. The slowest files start first, and the type check runs at the same time, so that
// no core is idle.

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

/** The options of {@linkcode testEverything}. */
export interface WholeRun {
  /** The arguments of `deno test`, without files. */
  readonly args: readonly string[];
  /** The environment variables of `deno test`. @default none */
  readonly env?: Record<string, string>;
  /** The folder with the tests. @default the current one */
  readonly cwd?: string;
  /** The files that start first. @default {@linkcode longest} */
  readonly first?: readonly string[];
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
  { args, first = longest, output = "inherit", ...options }: WholeRun,
): Promise<number> {
  const program = Deno.execPath();
  const withoutReport = args.filter((arg) => !arg.startsWith("--junit-path"));
  const check = new Deno.Command(program, {
    ...options,
    args: ["test", "--no-run", ...withoutReport],
    stdout: "null",
    stderr: "piped",
  });
  const tests = new Deno.Command(program, {
    ...options,
    args: ["test", "--no-check", ...args, ...first, "."],
    stdout: output,
    stderr: output,
  });
  const [types, { code }] = await Promise.all([check.output(), tests.spawn().status]);
  if (types.success) return code;
  if (output === "inherit") console.error(new TextDecoder().decode(types.stderr));
  return types.code;
}
