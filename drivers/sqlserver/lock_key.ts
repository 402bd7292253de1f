// The order in which SQL Server locks the tasks of a batch. No hint makes a server read the rows of
// a batch in a certain order. Therefore the rows are sent in SQL Server's order of ids, with
// ordinals in the same order. A plan then reads in this order both by id and by ordinal, and so
// does Babelfish, which keeps the order of the rows.

/**
 * Returns a string that sorts as the id does as `uniqueidentifier`: by its groups in reverse order.
 * In the first three groups, SQL Server compares the lowest byte first, but this matters only for
 * ids with the same last eight bytes.
 *
 * Source:
 * https://learn.microsoft.com/dotnet/framework/data/adonet/sql/comparing-guid-and-uniqueidentifier-values
 */
export function lockKey(id: string): string {
  return id.toLowerCase().split("-").reverse().join("");
}
