// The order in which SQL Server locks the tasks of a batch. No hint makes a server read the rows of
// a batch in a certain order. Therefore the rows are sent in SQL Server's order of ids, with
// ordinals in the same order. The order of locks is then the same whether a query plan reads
// by id or by ordinal. Babelfish (SQL Server's protocol on PostgreSQL) reads the rows in the order
// in which they were sent.

/**
 * Returns a string whose order is that of `uniqueidentifier`, which compares the groups of an id
 * from last to first. In the first three groups, SQL Server compares the lowest byte first, but
 * this matters only for ids with the same last eight bytes.
 *
 * Source:
 * https://learn.microsoft.com/dotnet/framework/data/adonet/sql/comparing-guid-and-uniqueidentifier-values
 */
export function lockKey(id: string): string {
  return id.toLowerCase().split("-").reverse().join("");
}
