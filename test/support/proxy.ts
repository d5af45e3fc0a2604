// A wire that can be cut or go dead: stands between us and a service, and refuses or says nothing.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Wire {
  port: number;
  cut(): void;
  /**
   * What is sent gets lost from now on, and nobody is told. Connections of that time stay dead, as
   * after a host that vanished; heal() helps new ones alone.
   */
  hush(): void;
  heal(): void;
  close(): Promise<void>;
}

async function openWire(target: { host: string; port: number }): Promise<Wire> {
  const sockets = new Set<Socket>();
  let cut = false;
  let isSilent = false;
  const pipes = new Set<() => void>();
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
    if (isSilent) {
      client.resume();
      return;
    }
    const upstream = connect(target);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    const endUpstream = () => upstream.destroy();
    const endClient = () => client.destroy();
    client.on("close", endUpstream);
    upstream.on("close", endClient);
    const fallSilent = () => {
      client.unpipe(upstream).resume();
      upstream.unpipe(client).resume();
      upstream.off("close", endClient);
    };
    pipes.add(fallSilent);
    client.on("close", () => pipes.delete(fallSilent));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      cut = true;
      for (const socket of sockets) socket.destroy();
    },
    hush: () => {
      isSilent = true;
      for (const fallSilent of pipes) fallSilent();
    },
    heal: () => {
      cut = false;
      isSilent = false;
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
