// Knows which connections of a server wait for an answer, so that a stop cuts none of those.
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "./clock.ts";

export interface Connections {
  /** From now on each answer is the last one of its connection, and says so. */
  announceEnd(): void;
  /** Ends those that asked nothing for that long since their last answer, or since the end. */
  endIdle(idleMs: number): void;
}

interface Connection {
  unanswered: Set<ServerResponse>;
  /** Bytes that belong to answered requests; any further ones are a request on its way. */
  answeredBytes: number;
  /** An answer begun before the end does not name it: its reader may still ask once more. */
  answeredMs: number;
}

/**
 * Node's own closeIdleConnections also cuts answers that are written but not yet sent, and keeps
 * connections on which nothing was ever asked.
 */
export function trackConnections(server: Server, clock: Clock): Connections {
  const connections = new Map<Socket, Connection>();
  let endedMs: number | undefined;
  server.on("connection", (socket: Socket) => {
    connections.set(socket, { unanswered: new Set(), answeredBytes: 0, answeredMs: 0 });
    socket.once("close", () => connections.delete(socket));
  });
  server.prependListener("request", ({ socket }, response) => {
    if (endedMs !== undefined) response.setHeader("Connection", "close");
    const connection = connections.get(socket);
    connection?.unanswered.add(response);
    response.once("close", () => {
      if (connection === undefined) return;
      connection.unanswered.delete(response);
      connection.answeredBytes = socket.bytesRead;
      if (endedMs !== undefined) connection.answeredMs = clock.monotonicMs();
    });
  });
  return {
    announceEnd: () => {
      endedMs = clock.monotonicMs();
      for (const { unanswered } of connections.values()) {
        for (const response of unanswered) {
          if (!response.headersSent) response.setHeader("Connection", "close");
        }
      }
    },
    endIdle: (idleMs) => {
      const beforeMs = clock.monotonicMs() - idleMs;
      for (const [socket, { unanswered, answeredBytes, answeredMs }] of connections) {
        const asked = unanswered.size > 0 || socket.bytesRead > answeredBytes;
        const idle = Math.max(answeredMs, endedMs ?? 0) <= beforeMs;
        if (!asked && idle && socket.writableLength === 0) socket.destroy();
      }
    },
  };
}
