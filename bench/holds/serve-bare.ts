// Express with one route that takes JSON and answers JSON: what our route for holds is held against.
import type { AddressInfo } from "node:net";
import express from "express";

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.use(express.json());
app.post("/v1/events/:eventId/holds", (request, response) => {
  response.status(201).json({ id: "hold", ...(request.body as object) });
});
const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port, eventId: "evt_1_1", tokens: ["nobody"], seats: [] });
});
process.once("disconnect", () => process.exit(0));
