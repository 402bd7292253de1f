// Makes tasks for tests of a storage: those of the conformance suite, with separate ids.

import { systemRandom, uuidV7Generator } from "../../src/ids/uuid_v7.ts";
import type { NewTask } from "../../src/storage/requests.ts";
import { newTask as newTaskWithId } from "../../src/testing/conformance/scene.ts";

export { series, slotRequest } from "../../src/testing/conformance/scene.ts";

/** Makes the next task id. */
export const newId = uuidV7Generator(() => Date.now(), systemRandom);

/** Makes a task; by default, one that is due at once. */
export function newTask(overrides: Partial<NewTask> = {}): NewTask {
  return newTaskWithId(newId(), overrides);
}
