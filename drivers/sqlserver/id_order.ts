// The SQL expression that orders ids like their texts.

/**
 * Returns SQL for the value of the column IdOrder of an id.
 *
 * @param id The expression of the id, such as `@Id`.
 * @param isBabelfish Whether the server is Babelfish, where the column has the id's text.
 */
export function idOrder(id: string, isBabelfish: boolean): string {
  if (isBabelfish) return `CAST(CAST(${id} AS char(36)) AS binary(36))`;
  const bytes = [4, 3, 2, 1, 6, 5, 8, 7].map((byte) =>
    `SUBSTRING(CONVERT(binary(16), ${id}), ${byte}, 1)`
  );
  return `CONVERT(binary(16), ${bytes.join(" + ")} + SUBSTRING(CONVERT(binary(16), ${id}), 9, 8))`;
}
