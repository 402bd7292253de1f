// Runs the tests of the SQL Server driver against Microsoft's container image:
//
//   deno run -A tests/support/tsql_server/docker.ts [image]
//
// Starts a container, runs the files of sql/sqlserver/ with sqlcmd as a database administrator
// would, runs the tests with the container's address in EVERTASK_TEST_SQLSERVER, and removes the
// container. The tests run in two databases: one in which readers wait for writers, and one in
// which they read the last committed version (READ_COMMITTED_SNAPSHOT, the default of Azure SQL).
// By running this program you accept the licence of the image:
// https://go.microsoft.com/fwlink/?linkid=857698.

const [image = "mcr.microsoft.com/mssql/server:2022-latest"] = Deno.args;

/** The tests that use a T-SQL engine. */
const testFiles = [
  "tests/drivers/sqlserver",
  "tests/integration/cancelling_test.ts",
  "tests/integration/sqlserver_network_test.ts",
  "tests/schedule/engine",
  "tests/storage/model",
];
const root = new URL("../../../", import.meta.url);
const container = `evertask-${crypto.randomUUID()}`;
const password = `Pw-${crypto.randomUUID()}`;

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return decode(stdout);
  throw new Error(`${program} ${args[0]} failed: ${decode(stderr)}${decode(stdout)}`);
}

/**
 * The newest sqlcmd in the image. With `-b` it fails if a script fails, and with `-C` it trusts the
 * server's certificate.
 */
function sqlcmd(...args: readonly string[]): Promise<string> {
  const call = `exec "$(ls -d /opt/mssql-tools*/bin/sqlcmd | tail -n 1)" ` +
    `-b -C -S localhost -U sa -P "$MSSQL_SA_PASSWORD" "$@"`;
  return run("docker", "exec", container, "bash", "-c", call, "sqlcmd", ...args);
}

/**
 * Runs a statement as soon as the server is ready, and fails if that takes more than two minutes.
 */
async function whenReady(statement: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await sqlcmd("-Q", statement);
      return;
    } catch (error) {
      if (attempt === 60) throw new Error(await run("docker", "logs", container), { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

/** Runs the scripts in the database: the numbered files in order, then the procedures. */
async function runScripts(database: string): Promise<void> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(new URL("sql/sqlserver/", root))) {
    if (name.endsWith(".sql")) names.push(name);
  }
  const folder = new URL("sql/sqlserver", root).pathname;
  await run("docker", "cp", folder, `${container}:/tmp/sqlserver`);
  for (const name of names.sort()) {
    await sqlcmd("-d", database, "-i", `/tmp/sqlserver/${name}`);
  }
}

await run(
  ...["docker", "run", "--detach", "--name", container, "--publish", "127.0.0.1::1433"] as const,
  ...["--env", "ACCEPT_EULA=Y", "--env", `MSSQL_SA_PASSWORD=${password}`, image],
);
const codes: number[] = [];
try {
  await whenReady("SELECT 1");
  console.log(await sqlcmd("-h", "-1", "-W", "-Q", "SET NOCOUNT ON; SELECT @@VERSION"));
  const address = (await run("docker", "port", container, "1433/tcp")).split("\n")[0]!.trim();
  for (const versioning of ["OFF", "ON"]) {
    const database = `evertask_${versioning.toLowerCase()}`;
    console.log(`READ_COMMITTED_SNAPSHOT ${versioning}`);
    await whenReady(`IF DB_ID('${database}') IS NULL CREATE DATABASE ${database}`);
    await sqlcmd("-Q", `ALTER DATABASE ${database} SET READ_COMMITTED_SNAPSHOT ${versioning}`);
    await runScripts(database);
    const tests = new Deno.Command(Deno.execPath(), {
      args: ["task", "test", ...testFiles],
      cwd: root,
      env: { EVERTASK_TEST_SQLSERVER: `mssql://sa:${password}@${address}/${database}` },
    });
    codes.push((await tests.spawn().status).code);
  }
} finally {
  await run("docker", "rm", "--force", container);
}
Deno.exit(Math.max(...codes));
