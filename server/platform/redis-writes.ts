// Commands of one turn of the event loop go to Redis in one write: under load that is most of their cost.
import { Cluster, Redis } from "ioredis";

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
    let gathering = false;
    const sendAll = () => {
      gathering = false;
      stream.uncork();
    };
    const gather = (...args: unknown[]) => {
      if (!gathering) {
        gathering = true;
        // An end of the stream sends what waits by itself.
        stream.cork();
        setImmediate(sendAll);
      }
      return write(...args);
    };
    stream.write = gather as typeof stream.write;
  });
}
