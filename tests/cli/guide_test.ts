// Runs the commands of the guide to the command line, and checks that the guide has every command.

import { assert, assertEquals } from "@std/assert";
import { commands } from "../../src/cli/commands/all.ts";
import { findCommand } from "../../src/cli/frame/parse.ts";
import { runCli } from "./console.ts";
import { email, makeCliStore } from "./store.ts";

const guide = await Deno.readTextFile(new URL("../../src/cli/README.md", import.meta.url));

/** The commands of the guide, each as its arguments. */
const calls = Array.from(guide.matchAll(/^evertask (.+)$/gm), ([, line]) => {
  const [own] = line!.split(/ [|>] /);
  return Array.from(own!.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), (found) => {
    return found[1] ?? found[2] ?? found[3]!;
  });
});

/** The commands that run until they are interrupted. */
const endless = ["tail", "dashboard"];

Deno.test("the guide has every command", () => {
  // A group without a second word, such as `evertask queues`, calls its list command.
  const named = new Set(calls.map((argv) => findCommand(withoutOptions(argv), commands)?.name));
  assertEquals(commands.map(({ name }) => name).filter((name) => !named.has(name)), []);
});

function withoutOptions(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith("-"));
  return argv.slice(0, end < 0 ? undefined : end);
}

Deno.test(
  "the commands of the guide run",
  { sanitizeOps: false, sanitizeResources: false },
  async () => {
    await using store = await makeCliStore();
    const { everTask, targets } = store;
    const series = (await everTask.operate.tasks.search({ recurring: true })).items[0]!.id;
    assert(calls.length > 30);
    for (const argv of calls) {
      const [group, verb] = argv;
      const { id } = await everTask.dispatch(email, null, { delay: { hours: 1 } });
      if (verb === "retry") await runCli(["tasks", "cancel", id, ...targets.storage]);
      if (group === "copy") {
        for (const [option, file] of [["--from", "app"], ["--to", "copy"]] as const) {
          argv[argv.indexOf(option) + 1] = `sqlite:${store.folder}/${file}.db`;
        }
        await runCli(["migrate", "--storage", `sqlite:${store.folder}/copy.db`]);
      }
      const given = argv.map((word) => word !== "ID" ? word : group === "series" ? series : id);
      if (verb === "dispatch") given.push("--unchecked");
      if (group === "dashboard") given.splice(given.indexOf("8025"), 1, "0");
      const interrupted = endless.includes(group!) ? { interrupted: AbortSignal.abort() } : {};
      const target = ["completion", "copy"].includes(group!) ? [] : targets.storage;
      const { code, err } = await runCli([...given, ...target], interrupted);
      // No worker has this id, and no rate limit is in use.
      const isAbsent = verb === "drain" || verb === "release";
      const expected = isAbsent || group === "failures" ? 1 : 0;
      assertEquals([code, isAbsent || err === ""], [expected, true], argv.join(" "));
    }
  },
);
