// The interface to the process in which the command line runs. process/ implements it; tests
// replace it.

import type { Clock } from "../../time/clock.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Maintenance } from "../../storage/maintenance.ts";
import type { OperatedStore } from "./operated_store.ts";
import type { Output } from "../text/output.ts";
import type { Target } from "./target.ts";

/** A dashboard that is served. */
export interface ServedDashboard extends AsyncDisposable {
  /** The URL of its first page. */
  readonly url: string;
  /** The URL that signs in once; null if there is none. */
  readonly signInLink: string | null;
}

/** The process in which the command line runs. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** The operator who is recorded with changes: the user of the operating system. */
  readonly user: string;
  /** Aborts when the process is asked to end. */
  readonly interrupted: AbortSignal;
  /** Returns an environment variable; undefined if it is unset or empty. */
  env(name: string): string | undefined;
  /** Reads a text file; `-` is the standard input. */
  readTextFile(path: string): Promise<string>;
  /** Asks a person a question on the terminal; returns null if there is no terminal. */
  ask(question: string): Promise<string | null>;
  /**
   * Returns the target that a configuration file names; null if there is no file.
   *
   * @param path The file; undefined for `evertask.config.ts` in the working folder.
   */
  configured(path: string | undefined): Promise<Target | null>;
  /** Opens a store. */
  open(target: Target): Promise<OperatedStore>;
  /** Makes the storage of a database, without opening it. */
  storage(target: Target): Promise<Storage>;
  /** Opens the maintenance of a database. */
  maintain(target: Target): Promise<Maintenance>;
  /** Serves the dashboard of a database. */
  serve(target: Target, port: number): Promise<ServedDashboard>;
}
