// The task: hashes one file, counts its lines, and stores both.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { defineTask, type Task } from "@evertask/evertask";
import { z } from "zod";
import type { FileFigures, Scans } from "./scans.ts";

/**
 * Defines the task.
 *
 * If the process crashes after the result is stored and before the end of the task is stored, the
 * task runs again. A handler should therefore be idempotent. This one writes its result to the row
 * with the task's id, so a second run replaces it.
 *
 * @param pauseMs The delay of each task in milliseconds, to make it visible.
 */
export function defineHashTask(scans: Scans, pauseMs: number): Task<{ path: string }> {
  return defineTask({
    type: "hash-file",
    payload: z.object({ path: z.string() }),
    timeout: { minutes: 1 },
    async handle({ path }, { taskId, signal, log }) {
      const figures = await readFigures(path, signal);
      await log.info("{bytes} bytes, {lines} lines", { ...figures });
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
      scans.saveResult(taskId, figures);
    },
  });
}

const newLine = 0x0a;

/** Reads a file of any size in pieces. */
async function readFigures(path: string, signal: AbortSignal): Promise<FileFigures> {
  const hash = createHash("sha256");
  let [bytes, lines, lastByte] = [0, 0, newLine];
  const pieces: AsyncIterable<Uint8Array> = createReadStream(path, { signal });
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
    for (let at = -1; (at = piece.indexOf(newLine, at + 1)) !== -1;) lines++;
    lastByte = piece.at(-1)!;
  }
  if (lastByte !== newLine) lines++; // the last line may have no newline
  return { sha256: hash.digest("hex"), bytes, lines };
}
