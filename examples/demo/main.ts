// Hashes every file of a folder, with one persisted task per file: `deno task demo [folder]`.
//
// It shows tasks that are stored in the application's transaction, a handler that writes its result
// to the application's table, retries, and events. After `kill -9`, start it again and it
// continues. hash_task.ts has the task, and scans.ts the application's tables.

import process from "node:process";
import {
  type AuditLevel,
  createEverTask,
  EverTaskError,
  linearRetry,
  silentLogger,
} from "@evertask/evertask";
import { sqliteStorage } from "@evertask/evertask/sqlite";
import { readArguments, usage, UsageError } from "./arguments.ts";
import { defineHashTask } from "./hash_task.ts";
import { listFiles } from "./list_files.ts";
import { ProgressBar } from "./progress_bar.ts";
import { followProgress } from "./progress.ts";
import { describeScan } from "./report.ts";
import { type Scan, Scans } from "./scans.ts";

async function main(): Promise<void> {
  const args = await readArguments(process.argv.slice(2));
  if (args === "help") return print(usage);
  const { folder, auditLevel, database, pauseMs, dashboard } = args;

  const storage = sqliteStorage(database);
  await storage.open(); // EverTask's tables now exist in the application's file
  const scans = new Scans(database);
  const hashTask = defineHashTask(scans, pauseMs);
  const everTask = createEverTask({
    storage,
    tasks: [hashTask],
    queues: { default: { parallelism: 8, capacity: 200 } },
    retry: linearRetry(2, { milliseconds: 500 }),
    // Short, so that the tasks of a killed process are taken over soon. Most applications can use
    // the default of 15 seconds.
    leaseDuration: { milliseconds: 1500 },
    persistentLogs: dashboard,
    logger: silentLogger, // the bar shows what happens
  });
  const server = dashboard ? await openDashboard() : null;

  const scan = continueScan(scans, folder) ?? await beginScan(folder, auditLevel);
  const progress = followProgress(everTask.events, scans, scan, new ProgressBar(process.stdout));
  const interrupted = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupted.resolve);
  void interrupted.promise.then(() => progress.interrupt());
  await everTask.start();
  const { finished, ...figures } = await progress.ended;
  if (finished) {
    scans.finish(scan);
    print(describeScan(scans, scan, figures));
    if (server !== null) {
      print("The dashboard stays open until you press Ctrl-C.");
      await interrupted.promise;
    }
  }
  await server?.stop();
  await everTask.stop();
  if (!finished) {
    print("Stopped. Start it again to finish the rest.");
    process.exitCode = 130;
  }
  scans.close();

  /** Serves the dashboard, and prints a link to it. */
  async function openDashboard() {
    // The name is a variable, so that Deno downloads the packages of the dashboard only when this
    // function runs.
    const name = "@evertask/evertask/dashboard";
    const { serveDashboard }: typeof import("@evertask/evertask/dashboard") = await import(name);
    const server = await serveDashboard(everTask, { port: 0, logger: silentLogger });
    print(`Dashboard: ${server.signInLink}`);
    return server;
  }

  /**
   * Stores a new scan and its tasks in one transaction, so that after a crash either all of them
   * exist or none.
   */
  async function beginScan(folder: string, auditLevel: AuditLevel): Promise<Scan> {
    const { files, unreadable } = await listFiles(folder, database);
    for (const path of unreadable) print(`Left out, since it cannot be listed: ${path}`);
    // Includes the folder itself. A folder cannot be read as a file, so its task fails.
    const paths = [...files, folder];
    const scan = await scans.begin(folder, auditLevel, async (connection) => {
      const payloads = paths.map((path) => ({ path }));
      const tasks = await everTask.dispatchMany(hashTask, payloads, { auditLevel, connection });
      return tasks.map(({ id }, index) => ({ taskId: id, path: paths[index]! }));
    });
    print(
      `Hashing ${files.length} files of ${folder} at audit level ${auditLevel}, and the folder itself, which is not a file: ` +
        "that task fails on purpose.",
    );
    return scan;
  }
}

/**
 * Writes a line to the stream of the bar. `console.log` is not used, because a closed pipe must be
 * reported as the stream's error.
 */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Returns the scan that an earlier process did not finish, if there is one. */
function continueScan(scans: Scans, folder: string): Scan | null {
  const scan = scans.unfinished();
  if (scan === null) return null;
  if (scan.folder !== folder) {
    throw new UsageError(
      `The database holds an unfinished scan of ${scan.folder}: finish that one first, or name another file ` +
        `with --database.`,
    );
  }
  const { total, ended, held } = scans.progress(scan);
  print(
    `Continuing the scan of ${folder} at audit level ${scan.auditLevel}: ${ended} of ${total} files are done, ` +
      `${held} were being worked on, ${total - ended - held} are waiting.`,
  );
  return scan;
}

// If a reader (`| head -1`) closes the pipe, the demo ends silently, as other programs do. The
// remaining tasks wait in the database.
process.stdout.on("error", (error: Error & { code?: string }) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(141); // 128 and the number of SIGPIPE
});

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
  else if (error instanceof EverTaskError) console.error(error.message);
  else throw error;
  process.exitCode = 2;
}
