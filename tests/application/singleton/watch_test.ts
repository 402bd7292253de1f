// Tests a program under `deno run --watch`, which restarts it at each change of its files.

import { assertEquals } from "@std/assert";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { until } from "../../support/until.ts";

const root = new URL("../../../", import.meta.url);

function program(version: number): string {
  return `
    import process from "node:process";
    import { createEverTask, defineTask, stopOnSignals } from "${root}mod.ts";
    import { sqliteStorage } from "${root}drivers/sqlite/mod.ts";

    const task = defineTask<null>({ type: "task", handle() {} });
    const everTask = createEverTask({
      storage: sqliteStorage(new URL("app.db", import.meta.url).pathname),
      tasks: [task],
      host: "version ${version}",
      singleton: "app",
    });
    stopOnSignals(everTask, process);
    await everTask.start();
  `;
}

Deno.test("a watched program leaves no worker of an older version behind", async () => {
  const folder = await Deno.makeTempDir();
  const main = `${folder}/main.ts`;
  await Deno.writeTextFile(main, program(1));
  const config = new URL("deno.json", root).pathname;
  const watcher = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, "--watch", main],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const storage = sqliteStorage(`${folder}/app.db`);
  try {
    await storage.open();
    const hosts = async () => (await storage.workers()).map(({ host }) => host);
    for (let version = 1; version <= 3; version++) {
      const host = `version ${version}`;
      let writeAt = version === 1 ? Infinity : 0;
      let pauseMs = 3_000;
      await until(async () => {
        // Repeated, because a change may come before the watcher begins to watch. The pauses grow,
        // because a loaded machine takes longer to start the program.
        if (performance.now() > writeAt) {
          await Deno.writeTextFile(main, program(version));
          writeAt = performance.now() + pauseMs;
          pauseMs *= 2;
        }
        return (await hosts()).includes(host);
      }, `${host} runs`);
      assertEquals((await hosts()).filter((each) => each !== host), []);
    }
  } finally {
    await storage.close();
    watcher.kill("SIGKILL"); // at SIGTERM, it only ends the program, and waits for a change
    await watcher.status;
    await Deno.remove(folder, { recursive: true });
  }
});
