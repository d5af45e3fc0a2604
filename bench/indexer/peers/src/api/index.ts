// Ponder wants an interface of its own to be served; nobody asks it anything here.
import { Hono } from "hono";

const nothing = new Hono();

export { nothing as default };
