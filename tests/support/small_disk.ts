// A disk that a test can fill: a small file system in memory, if the process may mount one.

/** A mounted file system. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Changes its size while it is in use. */
  resize(megabytes: number): Promise<void>;
}

/**
 * Mounts a file system that the user `uid` owns. Returns null if this process may not mount one.
 */
export async function mountSmallDisk(megabytes: number, uid: number): Promise<SmallDisk | null> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return null;
  const path = await Deno.makeTempDir({ prefix: "evertask-disk-" });
  const size = (megabytes: number) => `size=${megabytes}m,mode=700,uid=${uid}`;
  if (!await run("mount", "-t", "tmpfs", "-o", size(megabytes), "evertask-test", path)) {
    await Deno.remove(path);
    return null;
  }
  return {
    path,
    async resize(megabytes) {
      const options = `remount,${size(megabytes)}`;
      if (!await run("mount", "-o", options, path)) throw new Error(`${path} cannot be resized`);
    },
    async [Symbol.asyncDispose]() {
      if (!await run("umount", path)) throw new Error(`${path} is still in use`);
      await Deno.remove(path);
    },
  };
}

async function run(command: string, ...args: string[]): Promise<boolean> {
  const output = { stdout: "null", stderr: "null" } as const;
  try {
    return (await new Deno.Command(command, { args, ...output }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
