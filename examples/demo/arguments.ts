// Parses and checks the command line.

import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type AuditLevel, auditLevels } from "@evertask/evertask";

/** The usage of the program. */
export const usage = `deno task demo [folder] [--audit ${
  auditLevels.join("|")
}] [--database file] [--pause milliseconds] [--dashboard]

  folder      the folder whose files are hashed (by default, this project)
  --audit     how much history each task leaves (Full)
  --database  the SQLite file of the tasks and the results (evertask-demo.db)
  --pause     how long each task waits before it ends, to leave you time for \`kill -9\` (0)
  --dashboard show the tasks in a browser, until you press Ctrl-C; tasks wait 100 ms each unless
              --pause says otherwise, and log what they did`;

/** The command line is invalid. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The arguments, completed with defaults. Paths are absolute. */
export interface Arguments {
  readonly folder: string;
  readonly auditLevel: AuditLevel;
  readonly database: string;
  readonly pauseMs: number;
  readonly dashboard: boolean;
}

/**
 * Parses the command line. Returns "help" if the user asks for it.
 *
 * @throws {UsageError} If it is invalid.
 */
export async function readArguments(given: string[]): Promise<Arguments | "help"> {
  const { values, positionals } = parse(given);
  if (values.help) return "help";
  if (positionals.length > 1) {
    throw new UsageError(
      `Only one folder can be hashed at a time, but these are given: ${positionals.join(", ")}.`,
    );
  }
  const folder = resolve(positionals[0] ?? resolve(import.meta.dirname!, "../.."));
  if (!await isFolder(folder)) throw new UsageError(`There is no folder ${folder}.`);
  const database = resolve(values.database);
  if (!await isFolder(dirname(database))) {
    throw new UsageError(`There is no folder ${dirname(database)} to put the database into.`);
  }
  return {
    folder,
    auditLevel: parseAuditLevel(values.audit),
    database,
    pauseMs: parsePause(values.pause ?? (values.dashboard ? "100" : "0")),
    dashboard: values.dashboard,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        audit: { type: "string", default: "Full" },
        database: { type: "string", default: "evertask-demo.db" },
        pause: { type: "string" },
        dashboard: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function parseAuditLevel(text: string): AuditLevel {
  const level = auditLevels.find((level) => level.toLowerCase() === text.toLowerCase());
  if (level !== undefined) return level;
  throw new UsageError(
    `There is no audit level "${text}": take one of ${auditLevels.join(", ")}.`,
  );
}

function parsePause(text: string): number {
  const milliseconds = Number(text);
  if (text.trim() !== "" && milliseconds >= 0 && milliseconds <= 60_000) return milliseconds;
  throw new UsageError(`--pause is "${text}": take a number of milliseconds from 0 to 60000.`);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
