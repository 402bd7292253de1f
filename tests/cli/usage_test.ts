// Tests how commands are called: help, suggestions, exit codes, and secrets.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { commands } from "../../src/cli/commands/all.ts";
import { checkArgs, commandWords, findCommand, parseCall } from "../../src/cli/frame/parse.ts";
import { hideSecrets } from "../../src/cli/frame/secrets.ts";
import { widthOf } from "../../src/cli/text/width.ts";
import { runCli } from "./console.ts";

for (const command of commands) {
  Deno.test(`evertask ${command.name} --help shows valid examples`, async () => {
    const { code, out, err } = await runCli([...command.name.split(" "), "--help"]);
    assertEquals([code, err], [0, ""]);
    assert(command.examples.length > 0);
    for (const example of command.examples) {
      assertStringIncludes(out, `\n  evertask ${example}\n`);
      const [own] = example.split(" | ");
      const argv = Array.from(own!.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), (found) => {
        return found[1] ?? found[2] ?? found[3]!;
      });
      const redirected = argv.indexOf(">");
      const given = redirected < 0 ? argv : argv.slice(0, redirected);
      assertEquals(findCommand(commandWords(given, commands), commands), command);
      checkArgs(parseCall(given, command).args, command);
    }
    const wide = out.split("\n").filter((line) => widthOf(line) > 80 && !line.includes("evertask"));
    assertEquals(wide, []);
  });
}

Deno.test("the help lists every command, and the help of a group lists only its own commands", async () => {
  const { code, out } = await runCli(["--help"]);
  assertEquals(code, 0);
  for (const { name, summary } of commands) {
    assert(out.includes(`  ${name} `) && out.includes(summary), name);
  }
  const group = await runCli(["tasks", "--help"]);
  assertEquals(group.code, 0);
  assertStringIncludes(group.out, "tasks explain");
  assertEquals(group.out.includes("queues"), false);
});

Deno.test("a group without a second word is its list, also with options that have values", () => {
  const calls = [
    ...[
      "series",
      "queues",
      "workers",
      "limits",
      "series --limit 5",
      "limits --after 7 --limit all",
    ],
    ...["--schema jobs queues --json", "workers --storage sqlite:app.db"],
  ];
  for (const call of calls) {
    const [, group] = call.match(/(series|queues|workers|limits)/)!;
    const words = commandWords(call.split(" "), commands);
    assertEquals(findCommand(words, commands)?.name, `${group} list`, call);
  }
});

Deno.test("the version is shown", async () => {
  assertEquals(await runCli(["--version"]), { code: 0, out: "1.2.3\n", err: "" });
});

const mistakes: [argv: string, said: string][] = [
  ["", "evertask COMMAND"],
  ["statsu", "Did you mean: status?"],
  ["zzzzzz", "evertask --help lists them."],
  ["tasks", "evertask tasks needs one of: list"],
  ["tasks lst", "Did you mean: evertask tasks list?"],
  ["tasks list --stauts Failed", "Did you mean --status?"],
  ["tasks list --status failed", "Did you mean Failed?"],
  ["tasks list --limit", "--limit needs a value: --limit N."],
  ["tasks list --limit many", "--limit must be a number from 1, or `all`."],
  ["tasks list --limit 0", "--limit must be a number from 1, or `all`."],
  ["tasks list --json=yes", "--json takes no value."],
  ["tasks list --limit 1 --limit 2", "--limit is given twice."],
  ["tasks list more", 'There is an argument too many, "more"'],
  ["tasks show", "An argument is missing: evertask tasks show ID."],
  ["tasks list --created-from yesterday", "--created-from must be an instant such as"],
  ["tasks list --created-from 2026-01-31T12:00:00", "--created-from must be an instant such as"],
  ["status", "No store is named. Give --storage URL"],
  ["status --storage app.db", "A path alone is not enough: write sqlite:FILE."],
  ["status --storage sqlite:no_such_file.db", "There is no file no_such_file.db."],
  ["status --storage sqlite::memory:", "name a file"],
  ["status --storage sqlite:a.db --api http://localhost", "Give either --storage or --api"],
  ["status --api localhost:8000", "--api must be the URL of a REST API"],
  ["status --api http://localhost --token-file empty", "--token-file empty is empty"],
];

for (const [argv, said] of mistakes) {
  Deno.test(`a wrong call has exit code 2 and a remedy: evertask ${argv}`, async () => {
    const { code, out, err } = await runCli(argv === "" ? [] : argv.split(" "));
    assertEquals([code, out], [2, ""]);
    assertStringIncludes(err, said);
    assertEquals(err.includes("    at "), false, err);
  });
}

const secret = "s3cret-Pa55";

const withSecrets = [
  `postgres://ada:${secret}@localhost/db status`,
  `status --storage postgres:/ada:${secret}@x`,
  `status --storage postgres://ada:${secret}@localhost:99999/db`,
  `status --storage mysql://ada:${secret}@localhost/db`,
  `status postgres://ada:${secret}@localhost/db`,
  `status --api https://ada:${secret}@localhost`,
  `status --api ada:${secret}@localhost`,
  `status --token=${secret}`,
  `status --token ${secret}`,
  `status --json=${secret}`,
];

for (const argv of withSecrets) {
  Deno.test(`no error repeats a secret: evertask ${argv.replace(secret, "…")}`, async () => {
    const { code, out, err } = await runCli(argv.split(" "));
    assert(code !== 0);
    assertEquals((out + err).includes(secret), false, err);
  });
}

Deno.test("passwords of URLs and connection strings are hidden", () => {
  const word = fc.string({ minLength: 1 }).filter((text) => /^\S+$/.test(text));
  fc.assert(fc.property(word, (password) => {
    const hidden = hideSecrets(`cannot reach postgres://ada:${password}@db.example.org/shop`);
    assertEquals(hidden, "cannot reach postgres://ada:***@db.example.org/shop");
  }));
  assertEquals(hideSecrets("see https://example.org/a@b"), "see https://example.org/a@b");
  assertEquals(hideSecrets("Server=db;Password=a b;x=1"), "Server=db;Password=*** b;x=1");
});
