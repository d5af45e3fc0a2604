// Ends the connections of a pool when Postgres says nothing any more, so that nobody waits for it.
import { Client, type ClientConfig, type Pool, type PoolClient } from "pg";

/** A slow statement looks the same from here, so somebody who asks for nothing asks as well. */
const ASK_EVERY_MS = 1_000;
/** With the second before it: time to refuse a request within five. */
const ANSWER_LIMIT_MS = 2_500;

/** A vanished host is believed in by the kernel for a quarter of an hour. Answers how to stop. */
export function endWhenSilent(pool: Pool, settings: ClientConfig): () => void {
  const clients = new Set<PoolClient>();
  pool.on("connect", (client) => clients.add(client));
  pool.on("remove", (client) => clients.delete(client));
  let probe: Client | undefined;
  let isAsking = false;

  function leaveProbe(): void {
    if (probe !== undefined) streamOf(probe).destroy();
    probe = undefined;
  }

  async function ask(): Promise<void> {
    if (probe === undefined) {
      const client = new Client(settings);
      client.on("error", () => {
        if (probe === client) probe = undefined;
      });
      probe = client;
      await client.connect();
    }
    await probe?.query("SELECT 1");
  }

  async function round(): Promise<void> {
    const isIdle = pool.idleCount === pool.totalCount && pool.waitingCount === 0;
    if (isAsking || (isIdle && probe === undefined)) return;
    isAsking = true;
    // A refusal is an answer: whoever waits is told the same.
    const answered = ask().then(
      () => true,
      () => {
        leaveProbe();
        return true;
      },
    );
    if (!(await Promise.race([answered, late()]))) {
      leaveProbe();
      const reason = new Error("Connection terminated: Postgres says nothing.");
      for (const client of clients) streamOf(client).destroy(reason);
    }
    isAsking = false;
  }

  const timer = setInterval(() => void round(), ASK_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    leaveProbe();
  };
}

/** In a process that was busy itself the answer may be there and not yet read. */
function late(): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => setImmediate(() => resolve(false)), ANSWER_LIMIT_MS).unref();
  });
}

/** pg ends a connection by a farewell, which a host that is gone never answers. */
function streamOf(client: Client | PoolClient): { destroy(reason?: Error): void } {
  const { connection } = client as unknown as {
    connection: { stream: { destroy(reason?: Error): void } };
  };
  return connection.stream;
}
