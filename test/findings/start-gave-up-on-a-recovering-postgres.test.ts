// Found: a process that started while Postgres recovered ended at once, although it only had to wait a moment.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const log = createLog({ name: "test", level: "silent" });

describe("a start while Postgres recovers", () => {
  let database: TestDatabase;
  const servers: Server[] = [];
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    for (const server of servers) server.close();
    await database.drop();
  });

  const open = (url: string) => openDb({ url, role: "stagedoor_server", log, connectionsMax: 2 });

  for (const state of ["57P03", "57P01"]) {
    it(`waits for it after ${state}`, async () => {
      const { url, refused } = await refuseFirst(3, state);
      const db = await open(url);
      const { rows } = await db.query<{ one: number }>({ text: "SELECT 1 AS one" });
      expect(rows).to.deep.equal([{ one: 1 }]);
      expect(refused()).to.equal(3);
      await db.close();
    });
  }

  it("does not wait for what no waiting helps against", async () => {
    const { url, refused } = await refuseFirst(3, "28P01");
    const error = await open(url).catch((thrown: Error) => thrown);
    expect((error as Error).message).to.include("cannot be used (28P01)");
    expect(refused()).to.equal(1);
  });

  /** Answers the first connections as a server does that is not ready, then hands them through. */
  async function refuseFirst(times: number, state: string) {
    const target = new URL(database.url);
    let refused = 0;
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (refused < times) {
        refused += 1;
        socket.once("data", () => socket.end(errorResponse(state)));
        return;
      }
      pipeTo(socket, connect(Number(target.port), target.hostname));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = new URL(database.url);
    url.port = String((server.address() as AddressInfo).port);
    return { url: url.href, refused: () => refused };
  }

  function pipeTo(socket: Socket, upstream: Socket): void {
    upstream.on("error", () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  }

  function errorResponse(state: string): Buffer {
    const fields = Buffer.from(`SFATAL\0VFATAL\0C${state}\0Mnot now\0\0`);
    const head = Buffer.alloc(5);
    head.write("E");
    head.writeInt32BE(fields.length + 4, 1);
    return Buffer.concat([head, fields]);
  }
});
