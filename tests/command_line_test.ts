// Tests the help of `deno task simulate` and `deno task mutants`, and their errors for wrong
// arguments.

import { assertEquals, assertStringIncludes } from "@std/assert";

const commands: readonly [task: string, path: string, number: string][] = [
  ["simulate", "testing/simulation/main.ts", "--seeds"],
  ["mutants", "mutation/main.ts", "--jobs"],
];

for (const [task, path, number] of commands) {
  Deno.test(`deno task ${task} shows its usage, also after a mistake`, async () => {
    const run = async (...args: string[]) => {
      const main = new URL(path, import.meta.url).pathname;
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", main, ...args],
      }).output();
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: decode(stdout), stderr: decode(stderr) };
    };
    const help = await run("--help");
    assertEquals(help.code, 0);
    assertStringIncludes(help.stdout, `deno task ${task} [--`);
    for (const mistake of [["--wrong"], [number, "many"], [number, "-1"]]) {
      const { code, stdout, stderr } = await run(...mistake);
      assertEquals([code, stdout], [2, ""], mistake.join(" "));
      assertStringIncludes(stderr, mistake[0]!);
      assertStringIncludes(stderr, help.stdout.trim());
      assertEquals(stderr.includes("    at "), false, stderr);
    }
  });
}
