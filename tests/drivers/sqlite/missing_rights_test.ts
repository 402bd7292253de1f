// Errors about missing rights contain a command that grants them.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { runCommand } from "../../support/run_command.ts";
import { mountSmallDisk } from "../../support/small_disk.ts";
import { Scratch } from "./support.ts";

const program = new URL("opening_process.ts", import.meta.url).pathname;
const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

/**
 * Opens a file in a process whose rights depend on modes and owners only: root loses the
 * capabilities to bypass them. (Another user is no alternative: Deno and this repository may be in
 * a private home folder.)
 */
async function open(path: string): Promise<string> {
  const command = [Deno.execPath(), "run", "-A", "--no-lock", program, path];
  const bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown"];
  const [first, ...args] = isRoot ? [...bounded, ...command] : command;
  return (await runCommand(first!, args)).stdout.trim();
}

interface Case {
  readonly name: string;
  /** Removes rights, or gives the file to another user. */
  readonly prepare: (path: string, folder: string) => Promise<unknown>;
  /** What the error says is missing, with PATH and FOLDER as placeholders. */
  readonly right: string;
  readonly command: string;
  readonly otherwise?: string;
  readonly needsRoot?: true;
  readonly isNew?: true;
}

/** The id of another user and group. */
const elsewhere = 12_345;

/** Makes a database with a write-ahead log, whose files another user's process has left. */
async function leaveLog(path: string): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT)");
  database.close();
  for (const suffix of ["-wal", "-shm"]) {
    await Deno.writeFile(path + suffix, new Uint8Array(), { mode: 0o644 });
    await Deno.chown(path + suffix, elsewhere, elsewhere);
  }
}

const cases: readonly Case[] = [
  {
    name: "to write the file",
    prepare: (path) => Deno.chmod(path, 0o444),
    right: "may not write PATH",
    command: "chmod u+rw PATH",
  },
  {
    name: "to read the file",
    prepare: (path) => Deno.chmod(path, 0o200),
    right: "may not read PATH",
    command: "chmod u+rw PATH",
  },
  {
    name: "to read and write the file",
    prepare: (path) => Deno.chmod(path, 0),
    right: "may not read and write PATH",
    command: "chmod u+rw PATH",
  },
  {
    name: "to write another user's file",
    prepare: async (path) => {
      await Deno.chmod(path, 0o604);
      await Deno.chown(path, elsewhere, elsewhere);
    },
    right: "may not write PATH",
    command: "chown 0 PATH",
    needsRoot: true,
  },
  {
    name: "to write another user's file, which its owner may not write either",
    prepare: async (path) => {
      await Deno.chmod(path, 0o444);
      await Deno.chown(path, elsewhere, elsewhere);
    },
    right: "may not write PATH",
    command: "chown 0 PATH && chmod u+rw PATH",
    needsRoot: true,
  },
  {
    name: "to write a file of the process's group",
    prepare: async (path) => {
      await Deno.chmod(path, 0o640);
      await Deno.chown(path, elsewhere, Deno.gid());
    },
    right: "may not write PATH",
    command: "chmod g+rw PATH",
    needsRoot: true,
  },
  {
    name: "to write in the folder of a file",
    prepare: (_, folder) => Deno.chmod(folder, 0o555),
    right: "may not write in the folder FOLDER, where SQLite makes the files -wal and -shm",
    command: "chmod u+wx FOLDER",
  },
  {
    name: "to write in another user's folder",
    prepare: (_, folder) => Deno.chown(folder, elsewhere, elsewhere),
    right: "may not write in the folder FOLDER, where SQLite makes the files -wal and -shm",
    command: "chown 0 FOLDER",
    otherwise: "; or keep the file in a folder of its own",
    needsRoot: true,
  },
  {
    name: "to make a file in its folder",
    prepare: (_, folder) => Deno.chmod(folder, 0o555),
    right: "may not write in the folder FOLDER, where SQLite makes the files -wal and -shm",
    command: "chmod u+wx FOLDER",
    isNew: true,
  },
  {
    name: "to search the folder",
    prepare: (_, folder) => Deno.chmod(folder, 0o600),
    right: "may not search the folder FOLDER",
    command: "chmod u+x FOLDER",
  },
  {
    name: "to search another user's folder",
    prepare: async (_, folder) => {
      await Deno.chmod(folder, 0o706);
      await Deno.chown(folder, elsewhere, elsewhere);
    },
    right: "may not search the folder FOLDER",
    command: "chmod o+x FOLDER",
    needsRoot: true,
  },
  {
    name: "to write the log that another user has left",
    prepare: leaveLog,
    right: "may not write PATH-wal, nor write PATH-shm",
    command: "chown 0 PATH-wal && chown 0 PATH-shm",
    needsRoot: true,
  },
  {
    name: "to write the file and in its folder",
    prepare: async (path, folder) => {
      await Deno.chmod(path, 0o444);
      await Deno.chmod(folder, 0o555);
    },
    right:
      "may not write in the folder FOLDER, where SQLite makes the files -wal and -shm, nor write PATH",
    command: "chmod u+wx FOLDER && chmod u+rw PATH",
  },
];

for (const each of cases) {
  const { name, prepare, right, command, otherwise = "", needsRoot = false, isNew = false } = each;
  Deno.test({
    name: `without the right ${name}, the error names it and the command that grants it`,
    ignore: Deno.build.os === "windows" || (needsRoot && !isRoot),
    async fn() {
      await using scratch = new Scratch();
      // A name that a shell would split.
      const folder = `${scratch.folder}/the boss's data`;
      const path = `${folder}/tasks.db`;
      await Deno.mkdir(folder);
      if (!isNew) new DatabaseSync(path).close();
      await prepare(path, folder);
      const message = await open(path);
      const quoted = (text: string) => `'${text.replace("'", String.raw`'\''`)}'`;
      const expected = command
        .replaceAll(/PATH(-\w+)?/g, (_, suffix = "") => quoted(path + suffix))
        .replaceAll("FOLDER", () => quoted(folder));
      const rights = right.replaceAll("PATH", path).replaceAll("FOLDER", folder);
      assertStringIncludes(message, `StorageReadOnlyError: ${path} cannot be `);
      assertEquals(
        message.replace(/^.*\)\. /, ""),
        `This process, of user ${Deno.uid()}, ${rights}. Run: ${expected}${otherwise}`,
      );
      await runCommand("sh", ["-c", expected]);
      assertEquals(await open(path), "opened");
      await Deno.chmod(folder, 0o755); // so that it can be removed
    },
  });
}

Deno.test("the error about a read-only file system names it and the command that mounts it writable", async (t) => {
  await using disk = await mountSmallDisk(4, Deno.uid() ?? 0);
  await t.step({
    name: "on a disk of its own",
    ignore: disk === null,
    async fn() {
      const path = `${disk!.path}/data/tasks.db`;
      await Deno.mkdir(`${disk!.path}/data`);
      assertEquals(await open(path), "opened");
      await runCommand("mount", ["-o", "remount,ro", disk!.path]);
      assertStringIncludes(
        await open(path),
        `may not write in ${disk!.path}/data, since ${disk!.path} is mounted read-only. ` +
          `Run: mount -o remount,rw ${disk!.path}`,
      );
      await runCommand("mount", ["-o", "remount,rw", disk!.path]);
      assertEquals(await open(path), "opened");
    },
  });
});
