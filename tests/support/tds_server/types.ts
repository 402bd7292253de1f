// Encodes the types (TYPE_INFO) and values of parameters and columns ([MS-TDS] 2.2.5.4 to 2.2.5.6).
// Only the types that the driver uses are supported.

import { type ByteReader, ByteWriter } from "./bytes.ts";

/** A value with its type. */
export interface TypedValue {
  /** The type in T-SQL syntax: `nvarchar(100)`, `bigint`, `datetimeoffset(3)`. */
  readonly type: string;
  readonly value: unknown;
}

/** The rows of a table-valued parameter. */
export interface TableValue {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Reads a parameter: TYPE_INFO and value. */
export function readTyped(reader: ByteReader): TypedValue {
  const id = reader.u8();
  if (id === typeId.table) {
    const value = readTable(reader);
    return { type: `[${value.schema}].[${value.name}]`, value };
  }
  const { type, read } = readTypeInfo(id, reader);
  return { type, value: read() };
}

const typeId = {
  guid: 0x24,
  int: 0x26,
  datetimeoffset: 0x2b,
  bit: 0x68,
  float: 0x6d,
  varbinary: 0xa5,
  varchar: 0xa7,
  nvarchar: 0xe7,
  table: 0xf3,
} as const;

const maxLength = 0xffff;
const nullLength = 0xffffffffffffffffn;

/** Reads the rest of TYPE_INFO, and returns the type with a function that reads its values. */
function readTypeInfo(id: number, reader: ByteReader): { type: string; read: () => unknown } {
  switch (id) {
    case typeId.guid:
      reader.u8();
      return { type: "uniqueidentifier", read: () => ifAny(reader.u8(), () => readGuid(reader)) };
    case typeId.int: {
      const type = { 1: "tinyint", 2: "smallint", 4: "int", 8: "bigint" }[reader.u8()]!;
      return { type, read: () => ifAny(reader.u8(), (length) => readInt(reader, length)) };
    }
    case typeId.bit:
      reader.u8();
      return { type: "bit", read: () => ifAny(reader.u8(), () => reader.u8() === 1) };
    case typeId.float:
      reader.u8();
      return { type: "float", read: () => ifAny(reader.u8(), () => reader.f64()) };
    case typeId.datetimeoffset: {
      const scale = reader.u8();
      const read = () => ifAny(reader.u8(), (length) => readInstant(reader, length, scale));
      return { type: `datetimeoffset(${scale})`, read };
    }
    case typeId.varbinary: {
      const type = `varbinary(${reader.u16()})`;
      const read = () => {
        const length = reader.u16();
        return length === maxLength ? null : reader.bytes(length);
      };
      return { type, read };
    }
    case typeId.varchar:
    case typeId.nvarchar: {
      const length = reader.u16();
      reader.bytes(5); // collation
      const width = id === typeId.nvarchar ? 2 : 1;
      const name = id === typeId.nvarchar ? "nvarchar" : "varchar";
      const size = length === maxLength ? "max" : length / width;
      return { type: `${name}(${size})`, read: () => readText(reader, length, width) };
    }
  }
  throw new TypeError(`The test server does not know the data type 0x${id.toString(16)}.`);
}

function ifAny<T>(length: number, read: (length: number) => T): T | null {
  return length === 0 ? null : read(length);
}

function readGuid(reader: ByteReader): string {
  const bytes = reader.bytes(16);
  const hex = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    .map((at) => bytes[at]!.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function readInt(reader: ByteReader, length: number): number {
  switch (length) {
    case 1:
      return reader.u8();
    case 2:
      return reader.i16();
    case 4:
      return reader.u32() | 0;
  }
  return Number(BigInt.asIntN(64, reader.u64()));
}

function readInstant(reader: ByteReader, length: number, scale: number): string {
  const little = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  const fraction = little(reader.bytes(length - 5));
  const days = little(reader.bytes(3));
  reader.i16(); // the offset is for display; the instant is in UTC
  return new Date(yearOne + days * 86_400_000 + fraction * 10 ** (3 - scale)).toISOString();
}

const yearOne = Date.parse("0001-01-01T00:00:00Z");

function readText(reader: ByteReader, maximum: number, width: number): string | null {
  let bytes: Uint8Array;
  if (maximum === maxLength) {
    if (reader.u64() === nullLength) return null;
    const chunks: number[] = [];
    for (let length = reader.u32(); length > 0; length = reader.u32()) {
      for (const byte of reader.bytes(length)) chunks.push(byte);
    }
    bytes = Uint8Array.from(chunks);
  } else {
    const length = reader.u16();
    if (length === maxLength) return null;
    bytes = reader.bytes(length);
  }
  return new TextDecoder(width === 2 ? "utf-16le" : "latin1").decode(bytes);
}

function readTable(reader: ByteReader): TableValue {
  reader.shortText(); // database
  const schema = reader.shortText();
  const name = reader.shortText();
  const columns = Array.from({ length: reader.u16() }, () => {
    reader.u32(); // user type
    reader.u16(); // flags
    const column = readTypeInfo(reader.u8(), reader);
    reader.shortText();
    return column;
  });
  if (reader.u8() !== 0) {
    throw new TypeError("The test server does not support the order of a table's columns.");
  }
  const rows: unknown[][] = [];
  while (reader.u8() === 1) rows.push(columns.map((column) => column.read()));
  return { schema, name, columns: columns.map(({ type }) => type), rows };
}

/** The column types of the test server's responses. */
export type ColumnType = "int" | "bigint" | "bit" | "float" | "text" | "id" | "instant";

/** Rows with named, typed columns. */
export interface Recordset {
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly rows: readonly (readonly unknown[])[];
}

const collation = [0x09, 0x04, 0xd0, 0x00, 0x34];

/** Writes the TYPE_INFO of a column. */
export function writeTypeInfo(writer: ByteWriter, type: ColumnType): void {
  switch (type) {
    case "int":
      return void writer.u8(typeId.int).u8(4);
    case "bigint":
      return void writer.u8(typeId.int).u8(8);
    case "bit":
      return void writer.u8(typeId.bit).u8(1);
    case "float":
      return void writer.u8(typeId.float).u8(8);
    case "text":
      return void writer.u8(typeId.nvarchar).u16(maxLength).bytes(collation);
    case "id":
      return void writer.u8(typeId.guid).u8(16);
    case "instant":
      return void writer.u8(typeId.datetimeoffset).u8(3);
  }
}

/** Writes the value of a column. */
export function writeValue(writer: ByteWriter, type: ColumnType, value: unknown): void {
  if (value === null) {
    return void (type === "text" ? writer.u64(nullLength) : writer.u8(0));
  }
  switch (type) {
    case "int":
      return void writer.u8(4).i32(Number(value));
    case "bigint":
      return void writer.u8(8).i64(BigInt(value as number));
    case "bit":
      return void writer.u8(1).u8(value ? 1 : 0);
    case "float":
      return void writer.u8(8).f64(Number(value));
    case "text": {
      const bytes = new ByteWriter().text(String(value)).finish();
      writer.u64(BigInt(bytes.length));
      if (bytes.length > 0) writer.u32(bytes.length).bytes(bytes);
      return void writer.u32(0);
    }
    case "id": {
      const hex = String(value).replaceAll("-", "");
      const byte = (at: number) => parseInt(hex.slice(2 * at, 2 * at + 2), 16);
      const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
      return void writer.u8(16).bytes(order.map(byte));
    }
    case "instant": {
      const at = Number(value) - yearOne;
      const days = Math.floor(at / 86_400_000);
      writer.u8(9).u32(at - days * 86_400_000);
      return void writer.bytes([days & 0xff, days >> 8 & 0xff, days >> 16]).u16(0);
    }
  }
}
