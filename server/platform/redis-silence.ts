// Ends a connection to Redis that nothing comes out of any more, so that another one can be made.
import { Cluster, type Redis } from "ioredis";

/** A host that vanished says nothing, and the kernel believes in it for many minutes. */
const ASK_EVERY_MS = 1_000;
/** As long as a command may take. */
const ANSWER_LIMIT_MS = 2_000;

/** Not for connections that block: they are silent for as long as there is nothing to do. */
export function endSilentConnections(client: Redis | Cluster): void {
  if (client instanceof Cluster) client.on("+node", watch);
  else watch(client);
}

function watch(client: Redis): void {
  client.on("connect", () => {
    const { stream } = client;
    const askAgain = () => setTimeout(ask, ASK_EVERY_MS).unref();
    const ask = () => {
      if (stream.destroyed) return;
      const heardBytes = stream.bytesRead;
      const decide = () => {
        if (stream.bytesRead > heardBytes) askAgain();
        // The reason becomes that of every command that waits.
        else stream.destroy(new Error("Connection is closed: Redis says nothing."));
      };
      // In a process that was busy itself the answer may be there and not yet read.
      setTimeout(() => setImmediate(decide), ANSWER_LIMIT_MS).unref();
      client.ping().catch(() => undefined);
    };
    ask();
  });
}
