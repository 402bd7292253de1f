// The order in which SQL Server locks the tasks of a batch. No hint makes a server read the rows of
// a batch in a certain order, so they are sent in the order that all of its plans use: SQL Server's
// order of ids, in which it reads a table that is keyed by them, and at the same time the order of
// the ordinals, by which it may read as well, and in which Babelfish keeps the rows.

/**
 * An id as a text that sorts as `uniqueidentifier` does: by its groups from behind. (In the first
 * three, SQL Server compares the lowest byte first, which matters to ids only that agree in their
 * last eight bytes.)
 *
 * Source:
 * https://learn.microsoft.com/dotnet/framework/data/adonet/sql/comparing-guid-and-uniqueidentifier-values
 */
export function lockKey(id: string): string {
  return id.toLowerCase().split("-").reverse().join("");
}
