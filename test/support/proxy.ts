// A wire that can be cut, slow, deaf or dead: stands between us and a service, and does not say so.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Transform } from "node:stream";

export interface Wire {
  port: number;
  cut(): void;
  /**
   * What is sent gets lost from now on, and nobody is told. Connections of that time stay dead, as
   * after a host that vanished; heal() helps new ones alone.
   */
  hush(): void;
  /** Half open: what we say arrives and is done, and no answer comes back. */
  deafen(): void;
  /** Each part of what is said takes so much longer, both ways. */
  slow(ms: number): void;
  heal(): void;
  close(): Promise<void>;
}

type State = "open" | "cut" | "silent" | "deaf";

/** Two sockets with a wire between them, which can still be changed. */
interface Pair {
  fallSilent(): void;
  fallDeaf(): void;
}

async function openWire(target: { host: string; port: number }): Promise<Wire> {
  const sockets = new Set<Socket>();
  const pairs = new Set<Pair>();
  const lag = { ms: 0 };
  let state: State = "open";
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (state === "cut") {
      client.destroy();
      return;
    }
    if (state === "silent") {
      client.resume();
      return;
    }
    const upstream = connect(target);
    keep(upstream);
    const pair = join({ client, upstream, lag });
    pairs.add(pair);
    client.on("close", () => pairs.delete(pair));
    if (state === "deaf") pair.fallDeaf();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      state = "cut";
      for (const socket of sockets) socket.destroy();
    },
    hush: () => {
      state = "silent";
      for (const pair of pairs) pair.fallSilent();
    },
    deafen: () => {
      state = "deaf";
      for (const pair of pairs) pair.fallDeaf();
    },
    slow: (ms) => {
      lag.ms = ms;
    },
    heal: () => {
      state = "open";
      lag.ms = 0;
    },
    close: () => end(server, sockets),
  };
}

function join(of: { client: Socket; upstream: Socket; lag: { ms: number } }): Pair {
  const { client, upstream, lag } = of;
  const [there, back] = [delayed(lag), delayed(lag)];
  client.pipe(there).pipe(upstream);
  upstream.pipe(back).pipe(client);
  // What came in order before the end is still on its way; a break is told at once.
  const endClient = () => {
    if (!upstream.readableEnded) client.destroy();
  };
  client.on("close", () => upstream.destroy());
  upstream.on("close", endClient);
  const fallDeaf = () => {
    upstream.unpipe(back).resume();
    back.unpipe(client);
    upstream.off("close", endClient);
  };
  return {
    fallDeaf,
    fallSilent: () => {
      client.unpipe(there).resume();
      there.unpipe(upstream);
      fallDeaf();
    },
  };
}

function delayed(lag: { ms: number }): Transform {
  return new Transform({
    transform: (part, _encoding, pass) => {
      if (lag.ms === 0) pass(null, part);
      else setTimeout(() => pass(null, part), lag.ms);
    },
  });
}

async function end(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

/** The same address, by way of a wire. */
export async function wireTo(url: string): Promise<{ url: string; wire: Wire }> {
  const through = new URL(url);
  const wire = await openWire({ host: through.hostname, port: Number(through.port) });
  through.hostname = "127.0.0.1";
  through.port = String(wire.port);
  return { url: through.href, wire };
}
