// Commands of one turn of the event loop go to Redis in few writes: under load that is most of their cost.
import { Cluster, Redis } from "ioredis";
import { atEndOfTurn } from "./turn.ts";

/**
 * So much goes at once: Redis begins with it while this process is still busy with the rest of its
 * turn, where it would wait for all of a turn and this process for all of its answers.
 */
const WAITING_LENGTH_MAX = 1_024;

/**
 * Commands stay single ones with their own answers, timeouts and order; only their bytes travel
 * together. A lone command waits for nothing but the end of its turn.
 */
export function gatherWrites(client: Redis | Cluster): void {
  if (client instanceof Redis) onEachConnection(client);
  else if (client instanceof Cluster) client.on("+node", onEachConnection);
}

function onEachConnection(client: Redis): void {
  client.on("connect", () => {
    const { stream } = client;
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    const end = stream.end.bind(stream) as (...args: unknown[]) => typeof stream;
    let waiting = "";
    const sendAll = () => {
      if (waiting === "" || !stream.writable) return;
      const text = waiting;
      waiting = "";
      write(text);
    };
    const gather = (...args: unknown[]) => {
      const [text] = args;
      // Bytes, which no text can carry, go after what waits.
      if (typeof text !== "string") {
        sendAll();
        return write(...args);
      }
      if (waiting === "") atEndOfTurn(sendAll);
      // One text of many commands is cheaper to send than as many texts.
      waiting += text;
      if (waiting.length >= WAITING_LENGTH_MAX) sendAll();
      return true;
    };
    const endAfterAll = (...args: unknown[]) => {
      sendAll();
      return end(...args);
    };
    Object.assign(stream, { write: gather, end: endAfterAll });
  });
}
