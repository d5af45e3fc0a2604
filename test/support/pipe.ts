// What stands between a process and a service on this machine, and hands over what it is told to.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Pipe {
  /** The same address, by way of the pipe. */
  url: string;
  close(): Promise<void>;
}

/** The joint does all the handing over; an end that closes takes the other one with it. */
export async function openPipe(
  url: string,
  joint: (client: Socket, upstream: Socket) => void,
): Promise<Pipe> {
  const through = new URL(url);
  const target = { host: through.hostname, port: Number(through.port) };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    joint(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
