// An event's page as bytes: made once, answered to many.
import type { Packed } from "../api/handler.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Db } from "../platform/db/client.ts";
import { packJson } from "./pack-json.ts";
import { readEvent } from "./read-event.ts";

export async function packEvent(deps: { db: Db }, ref: EventRef): Promise<Packed> {
  return packJson(Buffer.from(JSON.stringify(await readEvent(deps, ref))));
}
