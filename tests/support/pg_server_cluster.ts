// Runs a PostgreSQL server on its own data directory with pg_ctl. However this process ends (an
// exception, kill -9), a guard process outlives it, stops the server and removes the files.

import { installPgBinaries } from "./pg_server_binaries.ts";
import { reservePort } from "./reserved_port.ts";

/** The version of servers for tests. */
export const testVersion = Deno.env.get("EVERTASK_TEST_POSTGRES_VERSION") || "18";

/** The settings of servers for tests. */
export const testSettings: Readonly<Record<string, string>> = {
  max_connections: "200",
  // Without fsync a commit survives a crash of the server, but not a crash of the machine.
  fsync: "off",
  // Only tests update statistics, so plans do not depend on how long the server has been running.
  autovacuum: "off",
  full_page_writes: "off",
  // Shared memory in files of the data directory: containers have little POSIX shared memory, and
  // a killed server would leave it behind.
  dynamic_shared_memory_type: "mmap",
};

/** A private server and its data. */
export interface PgCluster {
  readonly url: string;
  shutDown(mode: "fast" | "immediate"): Promise<void>;
  startUp(): Promise<void>;
  /** Stops the server and removes everything. */
  remove(): Promise<void>;
}

/**
 * Creates a data directory with the given settings (as in postgresql.conf) and starts a server of
 * the given major version on it.
 */
export async function startPgCluster(
  version: string,
  settings: Record<string, string>,
): Promise<PgCluster> {
  const base = await Deno.makeTempDir({ prefix: "evertask-pg-" });
  const guard = startGuard(base);
  const reserved = reservePort();
  const remove = async () => {
    guard.ref();
    await guard.stdin.close();
    await guard.status;
    reserved[Symbol.dispose]();
  };
  try {
    const binaries = await installPgBinaries(`${base}/postgresql`, version);
    const data = `${base}/data`;
    const log = `${data}/server.log`;
    const account = await unprivilegedAccount();
    await Deno.mkdir(data, { mode: 0o700 });
    if (account) {
      await Deno.chmod(base, 0o755);
      await Deno.chown(data, account.uid, account.gid);
    }
    const run = async (command: string, ...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command(command, {
        args: [...args, "-D", data],
        cwd: "/",
        clearEnv: true,
        env: { PATH: Deno.env.get("PATH") ?? "", TZ: "UTC", LC_ALL: "C", ...binaries.env },
        ...account,
      }).output();
      if (success) return;
      const texts = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      const tail = await Deno.readTextFile(log).then((text) => text.slice(-2000), () => "");
      throw new Error(`${command} ${args.join(" ")} failed: ${texts.join("\n")}\n${tail}`);
    };

    const { port } = reserved;
    const all = {
      listen_addresses: "127.0.0.1",
      port: `${port}`,
      unix_socket_directories: "",
      ...settings,
    };
    const format = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"];
    await run(binaries.initdb, ...format, "--no-sync");
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`);
    await Deno.writeTextFile(`${data}/postgresql.conf`, lines.join(""), { append: true });

    const startUp = () => run(binaries.pgCtl, "start", "--wait", "--silent", `--log=${log}`);
    await startUp();
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      shutDown: (mode) => run(binaries.pgCtl, "stop", "--wait", "--silent", `--mode=${mode}`),
      startUp,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Starts a shell that cleans up at the end of its input, that is, when this process closes it or
 * ends. The shell ignores an interrupt from the terminal, which both processes receive.
 */
function startGuard(base: string): Deno.ChildProcess {
  const script = `
    trap '' INT TERM HUP
    read -r _
    file="$1/data/postmaster.pid" # the server removes this file last; its process id stays valid until its exit code is read
    if pid=$(head -n 1 "$file" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null; then
      while [ -e "$file" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    fi
    rm -rf "$1"`;
  const guard = new Deno.Command("/bin/sh", {
    args: ["-c", script, "guard", base],
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true, // a separate process group, to survive a kill of this one
  }).spawn();
  guard.unref();
  return guard;
}

/** Returns the account to run PostgreSQL as, if this process is root, which PostgreSQL rejects. */
export async function unprivilegedAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const accounts = await Deno.readTextFile("/etc/passwd");
  const [, uid, gid] = accounts.match(/^nobody:[^:]*:(\d+):(\d+):/m) ?? [];
  if (!uid || !gid) throw new Error("PostgreSQL does not run as root, and there is no user nobody");
  return { uid: Number(uid), gid: Number(gid) };
}
