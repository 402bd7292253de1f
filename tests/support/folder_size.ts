// Measures folders.

/** The bytes of all files below a folder. */
export async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? await folderSize(path) : (await Deno.lstat(path)).size;
  }
  return bytes;
}
