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
 * A process that dies after the result was stored, and before the task's end was, leaves a task
 * that runs once more. So a handler is written such that doing its work twice does no harm: here
 * the result goes to the row that belongs to the task.
 *
 * @param pauseMs How long each task waits, to be watched.
 */
export function defineHashTask(scans: Scans, pauseMs: number): Task<{ path: string }> {
  return defineTask({
    type: "hash-file",
    payload: z.object({ path: z.string() }),
    timeout: { minutes: 1 },
    async handle({ path }, { taskId, signal }) {
      const figures = await readFigures(path, signal);
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
      scans.saveResult(taskId, figures);
    },
  });
}

const newLine = 0x0a;

/** Reads a file in pieces, however large it is. */
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
  if (lastByte !== newLine) lines++; // the last line need not be ended
  return { sha256: hash.digest("hex"), bytes, lines };
}
