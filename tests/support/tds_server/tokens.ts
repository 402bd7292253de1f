// Writes the token streams of server responses ([MS-TDS] 2.2.7).

import { ByteWriter } from "./bytes.ts";
import { type Recordset, writeTypeInfo, writeValue } from "./types.ts";

/** An error, or an informational message if its severity is below 11. */
export interface ServerMessage {
  readonly number: number;
  readonly message: string;
  /** @default 16 */
  readonly severity?: number;
}

const token = {
  returnStatus: 0x79,
  columns: 0x81,
  error: 0xaa,
  info: 0xab,
  loginAck: 0xad,
  row: 0xd1,
  change: 0xe3,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
} as const;

const doneStatus = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

const changeType = { database: 1, packetSize: 4, collation: 7, begin: 8, commit: 9, rollback: 10 };

/** Collects tokens. */
export class TokenWriter {
  readonly #writer = new ByteWriter();

  /** Confirms a login, with TDS 7.4 and the settings of the session. */
  loginAck(database: string): this {
    this.#changeText(changeType.database, database, "master");
    this.#changeText(changeType.packetSize, "4096", "4096");
    this.#change(changeType.collation, [0x09, 0x04, 0xd0, 0x00, 0x34], []);
    const name = "EverTask test server";
    this.#writer.u8(token.loginAck).u16(1 + 4 + 1 + 2 * name.length + 4);
    this.#writer.u8(1).bytes([0x74, 0x00, 0x00, 0x04]).shortText(name).bytes([16, 0, 0, 0]);
    return this;
  }

  /** Reports the start of a transaction. */
  begin(transaction: bigint): this {
    return this.#change(changeType.begin, descriptor(transaction), []);
  }

  /** Reports the end of a transaction. */
  end(how: "commit" | "rollback", transaction: bigint): this {
    return this.#change(changeType[how], [], descriptor(transaction));
  }

  recordset({ columns, rows }: Recordset, inProcedure: boolean): this {
    const types = Object.values(columns);
    this.#writer.u8(token.columns).u16(types.length);
    for (const [name, type] of Object.entries(columns)) {
      this.#writer.u32(0).u16(0x0009);
      writeTypeInfo(this.#writer, type);
      this.#writer.shortText(name);
    }
    for (const row of rows) {
      this.#writer.u8(token.row);
      types.forEach((type, index) => writeValue(this.#writer, type, row[index]));
    }
    const end = inProcedure ? token.doneInProcedure : token.done;
    return this.#done(end, doneStatus.count | doneStatus.more, rows.length);
  }

  message({ number, message, severity = 16 }: ServerMessage): this {
    const server = "test";
    const length = 4 + 1 + 1 + 2 + 2 * message.length + 1 + 2 * server.length + 1 + 4;
    this.#writer.u8(severity > 10 ? token.error : token.info).u16(length);
    this.#writer.i32(number).u8(1).u8(severity).longText(message).shortText(server).shortText("");
    this.#writer.u32(1);
    return this;
  }

  /** Ends the response to a batch, a login or a transaction request. */
  done(failed = false): this {
    return this.#done(token.done, failed ? doneStatus.error : 0, 0);
  }

  /** Ends the response to a procedure call. */
  doneProcedure(status: number, failed = false): this {
    this.#writer.u8(token.returnStatus).i32(status);
    return this.#done(token.doneProcedure, failed ? doneStatus.error : 0, 0);
  }

  /** Acknowledges the client's attention signal. */
  attention(): this {
    return this.#done(token.done, doneStatus.attention, 0);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }

  #changeText(type: number, value: string, old: string): void {
    this.#writer.u8(token.change).u16(1 + 1 + 2 * value.length + 1 + 2 * old.length);
    this.#writer.u8(type).shortText(value).shortText(old);
  }

  #change(type: number, value: readonly number[], old: readonly number[]): this {
    this.#writer.u8(token.change).u16(1 + 1 + value.length + 1 + old.length);
    this.#writer.u8(type).u8(value.length).bytes(value).u8(old.length).bytes(old);
    return this;
  }

  #done(end: number, status: number, rows: number): this {
    this.#writer.u8(end).u16(status).u16(0).u64(BigInt(rows));
    return this;
  }
}

function descriptor(transaction: bigint): number[] {
  return [...new ByteWriter().u64(transaction).finish()];
}
