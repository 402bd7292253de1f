// A real pool whose requests a test can record or let fail.

import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";

/**
 * Wraps the pool so that each `execute` and `query` of its requests calls `around` with its text
 * and a function that sends it.
 */
export function intercepted(
  pool: SqlServerPool,
  around: (text: string, send: () => Promise<unknown>) => Promise<unknown>,
): SqlServerPool {
  return new Proxy(pool, {
    get(target, property) {
      const member = Reflect.get(target, property, target);
      if (typeof member !== "function") return member;
      if (property !== "request") return member.bind(target);
      return () => {
        const request = target.request();
        for (const verb of ["execute", "query"] as const) {
          const send = request[verb].bind(request) as (text: string) => Promise<unknown>;
          Object.defineProperty(request, verb, {
            value: (text: string) => around(text, () => send(text)),
          });
        }
        return request;
      };
    },
  });
}
