// `evertask copy`: copies a whole store into another store.

import { InvalidArgumentError } from "../../guards/errors.ts";
import { type CopyProgress, copyStore } from "../../storage/copying/copy_store.ts";
import type { StoreDigest } from "../../storage/copying/store_digest.ts";
import type { Storage } from "../../storage/storage.ts";
import { type Call, type Command, type ExitCode, textOption } from "../frame/command.ts";
import type { Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";
import type { Printer } from "../text/printer.ts";
import { Progress } from "../text/progress.ts";
import { manyWords, numberWords } from "../text/words.ts";

/** Returns the source or the target, which an option or an environment variable names. */
function sideOf(call: Call, side: "from" | "to"): Target {
  const { values, host } = call;
  const variable = `EVERTASK_${side.toUpperCase()}`;
  const storage = textOption(values, side) ?? host.env(variable);
  if (storage === undefined) {
    throw new UsageError(
      `Name the ${side === "from" ? "source" : "target"}: --${side} URL, or set ${variable}.`,
    );
  }
  return { kind: "storage", storage, schema: textOption(values, `${side}-schema`), tasks: [] };
}

async function printResult(
  changed: number,
  { sha256, ...counts }: StoreDigest,
  print: Printer,
): Promise<void> {
  if (print.isJson) return await print.json({ changed, ...counts, sha256 });
  await print.text(`${manyWords(changed, "task")} written. Both stores have:`);
  await print.fields([
    ["Tasks", numberWords(counts.tasks)],
    ["Status changes", numberWords(counts.statusAudit)],
    ["Runs of series", numberWords(counts.runsAudit)],
    ["Log lines", numberWords(counts.executionLogs)],
    ["Paused queues", numberWords(counts.pausedQueues)],
    ["Rate limits", numberWords(counts.rateLimits)],
    ["Actions", numberWords(counts.actions)],
    ["Failure groups", numberWords(counts.failureGroups)],
    ["SHA-256", sha256],
  ]);
}

const steps: Readonly<Record<CopyProgress["step"], string>> = {
  check: "checking",
  copy: "copying",
  verify: "verifying",
};

async function copyBetween(from: Storage, to: Storage, call: Call): Promise<ExitCode> {
  const { values, host, print } = call;
  const { interrupted } = host;
  const total = print.isForPerson ? await countTasks(from) : null;
  const progress = new Progress(host.stderr, "tasks", total, print.isForPerson);
  try {
    const { changed, digest } = await copyStore({
      from,
      to,
      resume: values.resume === true,
      follow: values.follow === true,
      signal: interrupted,
      onProgress({ step, pass, tasks }) {
        const note = pass > 1 ? `${steps[step]}, pass ${pass}` : steps[step];
        progress.show(tasks, note).catch(() => {}); // progress.end() rejects with the same error
      },
    });
    await progress.end();
    await printResult(changed, digest, print);
    return 0;
  } catch (error) {
    await progress.end();
    if (interrupted.aborted) {
      await print.warn("Interrupted. To continue, call the same command with --resume.");
      return 1;
    }
    if (error instanceof InvalidArgumentError && /^options\.(from|to)$/.test(error.argument)) {
      const side = error.argument.slice("options.".length);
      throw new UsageError(
        `--${side} names a store that cannot be copied: ${String(error.value)}.`,
      );
    }
    throw error;
  }
}

async function countTasks(storage: Storage): Promise<number> {
  const { tasksByStatus } = await storage.statistics({ exact: true });
  return Object.values(tasksByStatus).reduce((sum, count) => sum + count, 0);
}

export const copy: Command = {
  name: "copy",
  summary: "Copy a whole store into another store",
  about:
    `Tasks in every state with their history, series, keys, logs, paused queues, rate limits, the
actions of operators and the groups of failures. The figures of activity are not copied: they
belong to the workers that reported them. First create the schema of the target (evertask migrate),
and stop the workers of both stores. With --follow, the workers of the source may still run; the copy
ends once you have stopped them. At the end, both stores are read and compared. To continue a copy
that was interrupted, even by a crash, add --resume.`,
  options: {
    from: { value: "URL", help: "The source (default: EVERTASK_FROM)" },
    to: { value: "URL", help: "The target (default: EVERTASK_TO)" },
    "from-schema": { value: "NAME", help: "The schema of the source" },
    "to-schema": { value: "NAME", help: "The schema of the target" },
    follow: { help: "Copy while workers of the source work, until they are stopped" },
    resume: { help: "Continue; tasks that the source does not have are deleted from the target" },
  },
  examples: [
    "copy --from sqlite:app.db --to postgres://app@localhost/app",
    "copy --from sqlite:app.db --to postgres://app@localhost/app --resume",
  ],
  endsItself: true,
  async run(call) {
    const { host } = call;
    const sides = [sideOf(call, "from"), sideOf(call, "to")] as const;
    const [from, to] = await Promise.all(sides.map((side) => host.storage(side)));
    const opened: Storage[] = [];
    try {
      for (const storage of [from!, to!]) {
        await storage.open();
        opened.push(storage);
      }
      return await copyBetween(from!, to!, call);
    } finally {
      for (const storage of opened) await storage.close();
    }
  },
};
