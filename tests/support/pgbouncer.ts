// A real PgBouncer before a PostgreSQL server, where it is installed.

import { reservePort } from "./reserved_port.ts";

/** A running PgBouncer. */
export interface PgBouncer extends AsyncDisposable {
  /** The URL of the database through it. */
  readonly url: string;
}

/** Whether PgBouncer is installed. */
export const hasPgBouncer: boolean = await isInstalled();

async function isInstalled(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("pgbouncer", { args: ["--version"] }).output();
    return success;
  } catch {
    return false;
  }
}

/** Starts PgBouncer before a database. */
export async function startPgBouncer(
  database: string,
  mode: "session" | "transaction",
): Promise<PgBouncer> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-pgbouncer-" });
  const target = new URL(database);
  const reserved = reservePort();
  const server = [
    ...[`host=${target.hostname}`, `port=${target.port}`, `user=${target.username}`],
    ...target.password === "" ? [] : [`password=${target.password}`],
  ].join(" ");
  await Deno.writeTextFile(
    `${folder}/pgbouncer.ini`,
    `[databases]
* = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${reserved.port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
ignore_startup_parameters = extra_float_digits,options
`,
  );
  // It refuses to run as root.
  const asUser = Deno.uid() === 0 ? ["-u", "nobody"] : [];
  const child = new Deno.Command("pgbouncer", {
    args: [...asUser, `${folder}/pgbouncer.ini`],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = child.stderr.pipeThrough(new TextDecoderStream());
  for await (const text of log.values({ preventCancel: true })) {
    if (text.includes("process up")) break;
    if (text.includes("FATAL")) throw new Error(text);
  }
  const ended = log.pipeTo(new WritableStream());
  const url = new URL(database);
  url.host = `127.0.0.1:${reserved.port}`;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await Promise.all([ended, child.status]);
      reserved[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
