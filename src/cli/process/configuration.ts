// Reads evertask.config.ts: the store and the tasks of the application.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isPlain } from "../../guards/argument_checks.ts";
import { messageOf } from "../../thrown/describe_error.ts";
import type { StorageTarget, Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";

/** The names of the file, the preferred one first. */
const fileNames = ["evertask.config.ts", "evertask.config.mjs", "evertask.config.js"];

/**
 * Reads the configuration.
 *
 * @param path The file; undefined for the one in the working folder.
 * @returns The target; null if there is no file.
 * @throws {UsageError} If the file cannot be used.
 */
export async function readConfiguration(path: string | undefined): Promise<Target | null> {
  const file = path ?? fileNames.find((name) => existsSync(name));
  if (file === undefined) return null;
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const { href } = pathToFileURL(resolve(file));
  let module: { default?: unknown };
  try {
    module = await import(href);
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
  const config = module.default;
  const shape = `${file} must have \`export default { storage: "sqlite:app.db", tasks: [] }\``;
  if (!isPlain(config)) throw new UsageError(`${shape}.`);
  const { storage, schema, tasks = [] } = config as Partial<StorageTarget>;
  const isStorage = typeof storage === "string" ||
    typeof storage === "object" && storage !== null && "open" in storage;
  if (!isStorage || !Array.isArray(tasks)) throw new UsageError(`${shape}.`);
  return { kind: "storage", storage, schema, tasks };
}
