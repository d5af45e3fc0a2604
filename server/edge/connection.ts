// Who is at the other end of a request, and whether it is still there: for answers that take a while.
import type { Request, Response } from "express";
import type { Connection } from "../api/handler.ts";
import { networkOf } from "../domain/network.ts";
import { addressOf } from "./limit.ts";

/** Looked at by few routes, so nothing is made before it is asked for. */
export function connectionOf(request: Request, response: Response): Connection {
  return {
    network: () => networkOf(addressOf(request)),
    gone: () => {
      const gone = new AbortController();
      if (response.destroyed) gone.abort();
      else response.once("close", () => gone.abort());
      return gone.signal;
    },
  };
}
