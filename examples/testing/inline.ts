// Tests a whole flow in inline mode, in which a task has run when its dispatch resolves.

import assert from "node:assert/strict";
import { defineTask, linearRetry, noRetry } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createTestEverTask } from "@evertask/evertask/testing";

// ---- the application: stores pictures and creates thumbnails ----

const thumbnails = new Map<string, string>();
let storageFails = 1;

const makeThumbnail = defineTask<{ picture: string }>({
  type: "make-thumbnail",
  retry: linearRetry(3, { minutes: 5 }),
  handle({ picture }) {
    if (!picture.endsWith(".png")) throw new TypeError(`${picture} is not a picture`);
    if (storageFails-- > 0) throw new Error("The disk is busy.");
    thumbnails.set(picture, `small ${picture}`);
  },
});

const audit = defineTask<string>({
  type: "audit",
  retry: noRetry(),
  handle(entry) {
    if (entry === "") throw new RangeError("An entry needs a text.");
  },
});

async function upload(picture: string): Promise<string | undefined> {
  await everTask.dispatch(makeThumbnail, { picture });
  return thumbnails.get(picture); // in production: not yet
}

// ---- its tests ----

const everTask = createTestEverTask({
  storage: memoryStorage(),
  tasks: [makeThumbnail, audit],
  mode: "inline",
});

// The first attempt fails, and is retried without waiting for five minutes.
assert.equal(await upload("cat.png"), "small cat.png");

// Dispatch throws the error of a task's last attempt; with failures: "record" it is only stored.
await assert.rejects(() => upload("cat.txt"), TypeError);
await assert.rejects(() => everTask.dispatch(audit, ""), RangeError);

await everTask.stop();
console.log("The flow works.");
