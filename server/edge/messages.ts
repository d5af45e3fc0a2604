// Makes requests and answers Express' own kind from the start: to change their kind later costs more than a route.
import { IncomingMessage, type ServerOptions, ServerResponse } from "node:http";
import type { Express } from "express";

export type Messages = Required<Pick<ServerOptions, "IncomingMessage" | "ServerResponse">>;

/** For `createServer`. An Express that gets other messages makes them its own, as always. */
export function messagesOf(app: Express): Messages {
  class ApiRequest extends IncomingMessage {}
  class ApiResponse extends ServerResponse {}
  Object.setPrototypeOf(ApiRequest.prototype, app.request);
  Object.setPrototypeOf(ApiResponse.prototype, app.response);
  // Express sets the prototype of each message to these, which then is what it has already.
  Object.assign(app, { request: ApiRequest.prototype, response: ApiResponse.prototype });
  return { IncomingMessage: ApiRequest, ServerResponse: ApiResponse as typeof ServerResponse };
}
