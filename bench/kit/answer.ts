// Reads answers off a connection as cheaply as can be: a head in one piece, with the length of its body.

const HEAD_END = Buffer.from("\r\n\r\n");

export interface Answer {
  status: string;
  body: Buffer;
}

/** Calls back once for each answer; one request at a time is on its way. */
export function readAnswers(onAnswer: (answer: Answer) => void): (bytes: Buffer) => void {
  let status = "";
  let parts: Buffer[] = [];
  let missing = -1;
  return (bytes) => {
    let rest = bytes;
    if (missing < 0) {
      const head = headOf(bytes);
      status = head.status;
      missing = head.length;
      rest = bytes.subarray(head.end);
      parts = [];
    }
    missing -= rest.length;
    parts.push(rest);
    if (missing > 0) return;
    missing = -1;
    onAnswer({ status, body: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) });
  };
}

function headOf(bytes: Buffer): { status: string; length: number; end: number } {
  const end = bytes.indexOf(HEAD_END) + HEAD_END.length;
  const head = bytes.toString("latin1", 0, end);
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`An answer without a length: ${head}`);
  return { status: head.slice(9, 12), length: Number(length), end };
}
