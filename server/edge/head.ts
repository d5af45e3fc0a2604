// Keeps the headers of an answer as a list: Node takes a whole list for less than it takes them one by one.
import type { Response } from "express";
import type { Route } from "../api/route.ts";

/** What the edge knows of an answer on its way. */
export interface Notes {
  traceId: string;
  /** Names and values in turn, which nobody has set on the answer yet. */
  head: string[];
  /** Of the API, once it is found. */
  route?: Route;
}

export function notesOf(response: Response): Notes {
  return response.locals as Notes;
}

/** A list of its own goes on with the next item. */
export function addToList(response: Response, name: string, item: string): void {
  const { head } = notesOf(response);
  const at = head.indexOf(name);
  if (at < 0) head.push(name, item);
  else head[at + 1] += `, ${item}`;
}

/** For who sends by means of Express, or takes some of them back. */
export function setHead(response: Response): void {
  const { head } = notesOf(response);
  for (let at = 0; at < head.length; at += 2)
    response.setHeader(head[at] ?? "", head[at + 1] ?? "");
  head.length = 0;
}

export function writeHead(response: Response, status: number): void {
  response.writeHead(status, notesOf(response).head);
}

/** What a middleware that says the same of every answer says. */
export function headOf(middleware: unknown): string[] {
  const head: string[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => void head.push(name, value),
    removeHeader: () => undefined,
  };
  const run = middleware as (request: object, response: object, next: () => void) => void;
  run({}, recorder, () => undefined);
  return head;
}
