// Finds free TCP ports on the loopback interface.
import { createServer } from "node:net";
import { Stop } from "../stop.ts";

export const LOOPBACK = "127.0.0.1";
export const PORT_MAX = 65_535;

/** True when nobody listens on the port, on the loopback interface or on all of them. */
export async function isPortFree(port: number): Promise<boolean> {
  // A listener on [::] or 0.0.0.0 does not stop a bind on 127.0.0.1 on every system, so that a
  // browser asking for `localhost` could reach the other program: both families are tried.
  for (const host of [LOOPBACK, "0.0.0.0", "::"]) {
    if (!(await canListen(port, host))) return false;
  }
  return true;
}

/** A port that was free a moment ago; the one wanted when it still is. */
export async function findFreePort(wanted = 0): Promise<number> {
  if (wanted > 0 && wanted <= PORT_MAX && (await isPortFree(wanted))) return wanted;
  return await new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: LOOPBACK, port: 0 }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}

/** The variable that sets the port belongs into the sentence, so that it can be changed. */
export async function requireFreePort(port: number, variable: string): Promise<void> {
  if (await isPortFree(port)) return;
  const other = variable === "PORT" ? "./stagedoor up --port 5000" : `set ${variable}`;
  throw new Stop(
    `Port ${port} is in use by another program.`,
    `Stop it, or choose another port: ${other}.`,
  );
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      // No IPv6 on this machine is not a port in use.
      resolve(error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT");
    });
    server.listen({ host, port, exclusive: true, ipv6Only: host === "::" }, () => {
      server.close(() => resolve(true));
    });
  });
}
