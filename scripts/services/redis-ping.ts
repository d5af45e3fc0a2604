// Asks a Redis whether it answers, once, without retrying.
import { Redis } from "ioredis";

export async function pingRedis(url: string, timeoutMs: number): Promise<boolean> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  let connection: Error | undefined;
  client.on("error", (error: Error) => {
    connection = error;
  });
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } catch (error) {
    // ioredis answers "Connection is closed" and tells the reason only in the event.
    throw connection ?? error;
  } finally {
    client.disconnect();
  }
}
