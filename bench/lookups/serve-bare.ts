// Express with two routes that run our own statements and send the rows: what our lookups are held against.
import type { AddressInfo } from "node:net";
import express from "express";
import { Pool } from "pg";
import { BY_ID, BY_OWNER } from "#server/ticket/read-tickets.ts";

/** As many as the API has. */
const CONNECTIONS = 20;
/** The usual page and the one row that tells whether there is another. */
const ROWS = 51;

const [databaseUrl] = process.argv.slice(2);
const pool = new Pool({ connectionString: databaseUrl, max: CONNECTIONS });
const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.get("/v1/tickets", async (request, response) => {
  const values = [request.query.owner, 0, 0, ROWS];
  response.json((await pool.query({ ...BY_OWNER, values })).rows);
});
app.get("/v1/tickets/:ticketId", async (request, response) => {
  const [, deployment, ticketId] = request.params.ticketId.split("_");
  const { rows } = await pool.query({ ...BY_ID, values: [deployment, ticketId] });
  response.json(rows[0]);
});
const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
});
process.once("disconnect", () => process.exit(0));
