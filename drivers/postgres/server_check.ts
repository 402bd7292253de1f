// Checks whether a storage can use a server.

import { StorageError } from "../../src/storage/errors.ts";
import { onlyValue, type RunStatement } from "./connection.ts";
import { fromJson } from "./json_text.ts";

const question = "SELECT json_build_object('encoding', current_setting('server_encoding'), " +
  "'isReadOnly', current_setting('transaction_read_only') = 'on', 'newId', gen_random_uuid())::text";

/** The answer of a server. */
export interface ServerCheck {
  /** Whether the server is a standby, or `default_transaction_read_only` is on. */
  readonly isReadOnly: boolean;
  /** An id that no other process has. */
  readonly newId: string;
}

/**
 * Checks the server and its database.
 *
 * @throws {StorageError} If the database cannot store every string, or the answer is lost.
 */
export async function checkServer(run: RunStatement): Promise<ServerCheck> {
  const { encoding, ...check } = fromJson(String(onlyValue(await run(question, [])))) as
    & ServerCheck
    & { readonly encoding: string };
  if (encoding === "UTF8") return check;
  throw new StorageError(
    `The database has the encoding ${encoding}, which loses texts; EverTask needs UTF8. ` +
      "Make one for it: CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8'.",
  );
}
