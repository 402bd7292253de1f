/**
 * The command line: migrates, queries, changes and copies stores of tasks, in any database or
 * through the REST API of a running system. This module is a program: importing it does nothing.
 *
 * ```sh
 * deno run -A jsr:@evertask/evertask/cli status --storage sqlite:app.db
 * npx evertask tasks list --status Failed --api https://ops.example.org
 * ```
 *
 * @module
 */
import { main } from "./process/main.ts";

if (import.meta.main) await main();
