// Many rows into a table in one go: COPY, sent in the line of statements without waiting for the server's word.
import { type ClientBase, Query } from "pg";

export interface Copy {
  /** COPY … FROM STDIN. */
  text: string;
  /** Rows as COPY reads them, some at a time: columns parted by tabs, ended by a line feed. */
  rows: Iterable<string>;
}

/** What of the driver's connection is needed; its types say nothing of it. */
interface Connection {
  query(text: string): void;
  stream: { write(data: Buffer): boolean };
}

const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;
/** Postgres refuses a message of a gigabyte, and needs room for one whole. */
const DATA_BYTES_MAX = 1 << 20;

export function copyTo(client: ClientBase, copy: Copy): Promise<void> {
  return new Promise((resolve, reject) => {
    const told = (error: Error | null) => (error === null ? resolve() : reject(error));
    client.query(new CopyStatement(copy, told));
  });
}

/**
 * A server that refuses the COPY passes over the rows that it has not asked for, as the protocol
 * wants it; so nobody waits for its word, and what was sent before and after stays in its order.
 */
class CopyStatement extends Query {
  readonly #text: string;
  /** Made before anything is sent: whoever cannot write down a row has begun nothing. */
  readonly #parts: readonly Buffer[];

  constructor({ text, rows }: Copy, told: (error: Error | null) => void) {
    super({ text }, told);
    this.#text = text;
    this.#parts = Array.from(rows, (part) => Buffer.from(part));
  }

  override submit = (connection: object): void => {
    const { query, stream } = connection as Connection;
    query.call(connection, this.#text);
    for (const message of messagesOf(this.#parts)) stream.write(message);
  };

  /** The server asks for the rows, which are on their way. */
  handleCopyInResponse(): void {}
}

function* messagesOf(parts: readonly Buffer[]): Iterable<Buffer> {
  for (const whole of parts) {
    for (let at = 0; at < whole.length; at += DATA_BYTES_MAX) {
      const part = whole.subarray(at, at + DATA_BYTES_MAX);
      yield head(COPY_DATA, part.length);
      yield part;
    }
  }
  yield head(COPY_DONE, 0);
}

function head(type: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(TYPE_BYTES + LENGTH_BYTES);
  buffer.writeUInt8(type, 0);
  buffer.writeInt32BE(LENGTH_BYTES + bytes, TYPE_BYTES);
  return buffer;
}
