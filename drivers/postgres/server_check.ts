// Checks whether a storage can use a server.

import { StorageError } from "../../src/storage/errors.ts";
import { onlyRow, type RunStatement } from "./connection.ts";
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
 * @throws {StorageError} If the database cannot store every string.
 */
export async function checkServer(run: RunStatement): Promise<ServerCheck> {
  const row = onlyRow(await run(question, []));
  const { encoding, ...check } = fromJson(String(Object.values(row!)[0])) as
    & ServerCheck
    & { readonly encoding: string };
  if (encoding === "UTF8") return check;
  throw new StorageError(
    `The database has the encoding ${encoding}, which loses texts; EverTask needs UTF8. ` +
      "Make one for it: CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8'.",
  );
}
