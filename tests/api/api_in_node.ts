// Tests the API in Node, installed from npm.

import { assertEquals } from "@std/assert";
import type { NpmProject } from "../support/npm_project.ts";
import { runCommand } from "../support/run_command.ts";

/** Tests the API in a project with hono and @hono/zod-openapi. */
export async function checkApiInNode(t: Deno.TestContext, project: NpmProject): Promise<void> {
  await t.step("the API and the dashboard are served by node:http", async () => {
    const program = `${project.folder}/api_in_node.mjs`;
    await Deno.copyFile(new URL("api_in_node.mjs", import.meta.url), program);
    const { stdout } = await runCommand(project.nodeProgram("22"), [program], {
      cwd: project.folder,
    });
    assertEquals(JSON.parse(stdout), {
      user: "ada",
      stored: 201,
      signedIn: 200,
      event: "event: task",
      local: 200,
      page: "<title>EverTask<",
      link: 303,
    });
  });
}
