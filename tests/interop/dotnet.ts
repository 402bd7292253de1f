// Builds programs in C# with the .NET SDK, if it is installed and NuGet is reachable.

import { runCommand } from "../support/run_command.ts";

const env = { DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" };

/** The path of a program that was built, or what is missing to build it. */
export type Build =
  | { readonly program: string; readonly missing: null }
  | { readonly program: null; readonly missing: string };

/**
 * Builds a project.
 *
 * @param project The folder of the project, below this one.
 * @param target The folder for the output.
 * @returns The program, or the missing part if the SDK is not installed or a package cannot be
 * restored.
 * @throws {Error} If the project does not compile.
 */
export async function buildProject(project: string, target: string): Promise<Build> {
  const folder = new URL(`${project}/`, import.meta.url).pathname;
  const artifacts = ["--artifacts-path", target];
  try {
    await runCommand("dotnet", ["restore", folder, ...artifacts], { env });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { program: null, missing: "the .NET SDK" };
    const [package_] = (error as Error).message.match(/(?<=NU\d{4}: .*package ')[^']+/) ?? [];
    return { program: null, missing: package_ ?? "packages from NuGet" };
  }
  await runCommand("dotnet", ["build", folder, "--no-restore", ...artifacts], { env });
  return { program: `${target}/bin/${project}/debug/${project}`, missing: null };
}
