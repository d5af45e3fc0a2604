// A wire that can be cut: stands between us and a service, and refuses while it is cut.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Wire {
  port: number;
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

async function openWire(target: { host: string; port: number }): Promise<Wire> {
  const sockets = new Set<Socket>();
  let cut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (cut) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      cut = true;
      for (const socket of sockets) socket.destroy();
    },
    heal: () => {
      cut = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same address, by way of a wire. */
export async function wireTo(url: string): Promise<{ url: string; wire: Wire }> {
  const through = new URL(url);
  const wire = await openWire({ host: through.hostname, port: Number(through.port) });
  through.hostname = "127.0.0.1";
  through.port = String(wire.port);
  return { url: through.href, wire };
}
