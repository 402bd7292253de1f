// An application in Deno without an SDK. With OTEL_DENO=true, Deno exports its telemetry.

import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createOpenTelemetry } from "@evertask/evertask/otel";

const greet = defineTask({ type: "greet", handle() {} });
const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [greet],
  instrumentation: createOpenTelemetry(),
});
const completed = new Promise((resolve) => {
  everTask.events.subscribe(resolve, { kinds: ["completed"] });
});
await everTask.start();
await everTask.dispatch(greet);
await completed;
await everTask.stop();
