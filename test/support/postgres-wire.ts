// A wire to Postgres that knows each statement on it, and when it is done.
import type { Socket } from "node:net";
import type { Moments, Step } from "./moments.ts";
import { openPipe, type Pipe } from "./pipe.ts";

const LENGTH_BYTES = 4;
const SHOWN_LENGTH = 60;
const WRITES = /\b(INSERT INTO|UPDATE|DELETE FROM)\s+(sale|mirror)\.\S+|\bpg_notify\b/;
/** Asked by the house itself of a connection that may be dead. */
const PROBE = "SELECT 1";

export function openPostgresWire(url: string, moments: Moments): Promise<Pipe> {
  return openPipe(url, (client, upstream) => {
    const asked = readAsked();
    const said = readSaid(client);
    let turn = Promise.resolve();
    client.on("data", (bytes) => {
      for (const { unit, text } of asked(bytes)) {
        turn = turn.then(() => handOver(unit, text));
      }
    });
    upstream.on("data", said.take);

    async function handOver(unit: Buffer, text: string | undefined): Promise<void> {
      // Of the handshake and of a farewell nothing is left behind.
      if (text === undefined) {
        upstream.write(unit);
        return;
      }
      const step = said.stepOf(text);
      if (text === PROBE) {
        upstream.write(unit);
        return;
      }
      await moments.pass({ ...step, when: "before" });
      const done = said.keepUntilReady();
      upstream.write(unit);
      await done;
      await moments.pass({ ...step, when: "after" });
      said.letGo();
    }
  });
}

/** What the process asks for: one unit for each statement, with its text. */
function readAsked() {
  const prepared = new Map<string, string>();
  let rest = Buffer.alloc(0);
  let unit: Buffer[] = [];
  let text = "";
  let isStarted = false;
  return function take(bytes: Buffer): { unit: Buffer; text: string | undefined }[] {
    rest = Buffer.concat([rest, bytes]);
    const units: { unit: Buffer; text: string | undefined }[] = [];
    for (;;) {
      const typeBytes = isStarted ? 1 : 0;
      if (rest.length < typeBytes + LENGTH_BYTES) return units;
      const length = typeBytes + rest.readInt32BE(typeBytes);
      if (rest.length < length) return units;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      const type = isStarted ? String.fromCharCode(message[0] ?? 0) : "";
      isStarted = true;
      unit.push(message);
      const body = message.subarray(typeBytes + LENGTH_BYTES);
      if (type === "Q") text = stringsOf(body)[0] ?? "";
      if (type === "P") {
        const [name = "", statement = ""] = stringsOf(body);
        prepared.set(name, statement);
        text = statement;
      }
      if (type === "B") text = prepared.get(stringsOf(body)[1] ?? "") ?? text;
      // All between a statement's first message and its last travels together.
      if ("PBDEHC".includes(type) && type !== "") continue;
      const isStatement = type === "Q" || type === "S";
      units.push({ unit: Buffer.concat(unit), text: isStatement ? text : undefined });
      unit = [];
    }
  };
}

/** What Postgres says: kept back from the statement on until it is ready for the next one. */
function readSaid(client: Socket) {
  let rest = Buffer.alloc(0);
  let kept: Buffer[] | undefined;
  let status = "I";
  let written: string[] = [];
  let onReady: () => void = () => undefined;
  return {
    take: (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length > LENGTH_BYTES) {
        const length = 1 + rest.readInt32BE(1);
        if (rest.length < length) return;
        const message = rest.subarray(0, length);
        rest = rest.subarray(length);
        if (kept === undefined) client.write(message);
        else kept.push(message);
        if (message[0] !== "Z".charCodeAt(0)) continue;
        status = String.fromCharCode(message[LENGTH_BYTES + 1] ?? 0);
        onReady();
      }
    },
    stepOf: (text: string): Step => {
      const isEnd = /^\s*COMMIT\b/.test(text);
      const isWrite = WRITES.test(text);
      if (status === "I") written = [];
      if (isWrite) written.push(WRITES.exec(text)?.[0] ?? "");
      const shown = text.trim().replace(/\s+/g, " ").slice(0, SHOWN_LENGTH);
      const what = isEnd ? `COMMIT of ${written.join(", ")}` : shown;
      const isAlone = status === "I" && isWrite;
      return { service: "postgres", what, isEffect: isAlone || (isEnd && written.length > 0) };
    },
    keepUntilReady: () => {
      kept = [];
      return new Promise<void>((resolve) => {
        onReady = resolve;
      });
    },
    letGo: () => {
      client.write(Buffer.concat(kept ?? []));
      kept = undefined;
    },
  };
}

function stringsOf(body: Buffer): string[] {
  return body.toString("utf8").split("\0");
}
