// The areas without seats of an event, each with its price.
import type { EventDetails } from "../api/wire.ts";
import { countOf, formatAmount } from "../page/format.ts";
import "./area-list.css";

export function AreaList({ event }: { event: EventDetails }) {
  if (event.areas.length === 0) return null;
  const priceOf = (category: number) =>
    event.categories.find(({ id }) => id === category)?.price ?? "0";
  return (
    <ul className="area-list" aria-label="Areas without seats">
      {event.areas.map((area) => (
        <li key={area.section}>
          <span>{area.name}</span>
          <span className="area-places">{countOf(area.capacity, "place")}, no fixed seats</span>
          <strong>{formatAmount(priceOf(area.category), event.currency)}</strong>
        </li>
      ))}
    </ul>
  );
}
