// Paid orders in a simulated run: each becomes true with its lines, then somebody is woken: once, twice or never.
import type { EventRef } from "#server/domain/ticket-id.ts";
import type { World } from "./world.ts";

const WAKE_MS_MAX = 200;
const TWICE_PERMILLE = 100;

export function takeOrders(world: World, wake: (event: EventRef) => void): void {
  const { timeline, dice, scenario, rows, weather, deployment } = world;
  for (const { id, atMs, lines } of scenario.orders) {
    timeline.after(atMs, () => {
      const session = rows.begin(timeline.nowMs());
      rows.run(session, (view) => {
        view.put("order", id, { id, state: "paid" });
        for (const line of lines) {
          const lineId = view.nextId();
          view.put("line", String(lineId), {
            ...{ ...line, id: lineId, orderId: id, deployment: deployment.id },
            ...{ state: "queued", reason: null, txId: null, updatedMs: view.nowMs },
          });
        }
      });
      rows.commit(session);
      timeline.note(`${id} is paid: ${lines.length} lines`);
      const event = { deployment: deployment.id, eventId: lines[0]?.eventId ?? 0 };
      while (!dice.permille(weather.faults().wake)) {
        timeline.after(dice.between(1, WAKE_MS_MAX), () => wake(event));
        if (!dice.permille(TWICE_PERMILLE)) break;
      }
    });
  }
}
