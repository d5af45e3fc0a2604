// Knows which connections of a server wait for an answer, so that a stop cuts none of those.
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface Connections {
  /** From now on each answer is the last one of its connection, and says so. */
  announceEnd(): void;
  /** Ends those on which nothing was asked that is not answered to the last byte. */
  endIdle(): void;
}

interface Connection {
  unanswered: Set<ServerResponse>;
  /** Bytes that belong to answered requests; any further ones are a request on its way. */
  answeredBytes: number;
}

/**
 * Node's own closeIdleConnections also cuts answers that are written but not yet sent, and keeps
 * connections on which nothing was ever asked.
 */
export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, Connection>();
  let ending = false;
  server.on("connection", (socket: Socket) => {
    connections.set(socket, { unanswered: new Set(), answeredBytes: 0 });
    socket.once("close", () => connections.delete(socket));
  });
  server.prependListener("request", ({ socket }, response) => {
    if (ending) response.setHeader("Connection", "close");
    const connection = connections.get(socket);
    connection?.unanswered.add(response);
    response.once("close", () => {
      connection?.unanswered.delete(response);
      if (connection !== undefined) connection.answeredBytes = socket.bytesRead;
    });
  });
  return {
    announceEnd: () => {
      ending = true;
      for (const { unanswered } of connections.values()) {
        for (const response of unanswered) {
          if (!response.headersSent) response.setHeader("Connection", "close");
        }
      }
    },
    endIdle: () => {
      for (const [socket, { unanswered, answeredBytes }] of connections) {
        const asked = unanswered.size > 0 || socket.bytesRead > answeredBytes;
        if (!asked && socket.writableLength === 0) socket.destroy();
      }
    },
  };
}
