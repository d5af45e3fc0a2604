// A wire to Redis that knows each command on it, and when it is done.
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { loadScript } from "#server/platform/lua.ts";
import { eachOf } from "#server/platform/lua-gather.ts";
import type { Moments, Step } from "./moments.ts";
import { openPipe, type Pipe } from "./pipe.ts";

const server = join(import.meta.dirname, "../../server");
const WRITES = /\bcall\(\s*'(?:SET|DEL|APPEND|INCR|H(?:SET|DEL|INCRBY)|XADD|Z(?:ADD|REM)|P?EXPIRE)/;
const READS =
  /^(PING|GET|MGET|HGET|HMGET|HGETALL|HLEN|EXISTS|XRANGE|XREVRANGE|INFO|CLIENT|CONFIG)$/;
const PUSH = ">".charCodeAt(0);
const READS_OF_START = /^(HELLO|AUTH|SELECT|SUBSCRIBE|UNSUBSCRIBE|COMMAND|CLUSTER|SCRIPT|TIME)$/;

interface Command {
  words: string[];
  bytes: Buffer;
}

export function openRedisWire(url: string, moments: Moments): Promise<Pipe> {
  const scripts = nameScripts();
  return openPipe(url, (client, upstream) => {
    let asked = Buffer.alloc(0);
    let said = Buffer.alloc(0);
    let listens = false;
    let turn = Promise.resolve();
    let answered: (answer: Buffer) => void = () => undefined;
    client.on("data", (bytes) => {
      asked = Buffer.concat([asked, bytes]);
      for (;;) {
        const command = readCommand(asked);
        if (command === undefined) return;
        asked = asked.subarray(command.bytes.length);
        turn = turn.then(() => handOver(command));
      }
    });
    upstream.on("data", (bytes) => {
      if (listens) return void client.write(bytes);
      said = Buffer.concat([said, bytes]);
      for (;;) {
        const end = endOfValue(said, 0);
        if (end === undefined) return;
        const value = said.subarray(0, end);
        said = said.subarray(end);
        // What is pushed answers nothing.
        if (value[0] === PUSH) client.write(value);
        else answered(value);
      }
    });

    /** One after the other, so that it is known whose answer an answer is. */
    async function handOver({ words, bytes }: Command): Promise<void> {
      // What a subscriber hears answers nothing.
      if (/^P?SUBSCRIBE$/i.test(words[0] ?? "")) listens = true;
      if (listens) return void upstream.write(bytes);
      const step = stepOf(words, scripts);
      await moments.pass({ ...step, when: "before" });
      const answer = new Promise<Buffer>((resolve) => {
        answered = resolve;
      });
      upstream.write(bytes);
      const given = await answer;
      await moments.pass({ ...step, when: "after" });
      client.write(given);
    }
  });
}

/** Our own scripts by the hash that they are called by; true for those that write. */
function nameScripts(): Map<string, { name: string; writes: boolean }> {
  const paths = globSync("**/*.lua", { cwd: server }).map((path) => join(server, path));
  return new Map(
    paths.flatMap((path) => {
      const script = loadScript(path);
      const known = { name: basename(path), writes: WRITES.test(script.source) };
      // What is asked in one turn goes as one call.
      return [script, eachOf(script)].map(({ sha }) => [sha, known] as const);
    }),
  );
}

function stepOf(words: string[], scripts: ReturnType<typeof nameScripts>): Step {
  const [verb = "", first = ""] = words;
  const script = /^EVAL/i.test(verb) ? scripts.get(first) : undefined;
  const name = verb.toUpperCase();
  const reads = script === undefined ? READS.test(name) || READS_OF_START.test(name) : false;
  // BullMQ notes down its version at a start, whenever it gets to it.
  const isNote = first.endsWith(":meta");
  const isEffect = script === undefined ? !reads && !isNote : script.writes;
  return { service: "redis", what: script?.name ?? name, isEffect };
}

/** Commands are lists of texts with their lengths. */
function readCommand(bytes: Buffer): Command | undefined {
  const end = endOfValue(bytes, 0);
  if (end === undefined) return undefined;
  const text = bytes.subarray(0, end).toString("utf8").split("\r\n");
  return { words: text.filter((_, at) => at > 0 && at % 2 === 0), bytes: bytes.subarray(0, end) };
}

/** Where a value of the protocol ends that begins there; undefined while it is not all here. */
function endOfValue(bytes: Buffer, from: number): number | undefined {
  const line = bytes.indexOf("\r\n", from);
  if (line < 0) return undefined;
  const type = String.fromCharCode(bytes[from] ?? 0);
  const next = line + 2;
  const count = Number(bytes.subarray(from + 1, line).toString());
  if ("$=!".includes(type)) {
    const end = count < 0 ? next : next + count + 2;
    return end <= bytes.length ? end : undefined;
  }
  if (!"*~>%".includes(type)) return next;
  let at: number | undefined = next;
  // A map has a value for each of its names.
  for (let left = type === "%" ? 2 * count : count; left > 0 && at !== undefined; left -= 1)
    at = endOfValue(bytes, at);
  return at;
}
