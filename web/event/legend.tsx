// What the map's shapes and marks mean, with every price in full.
import type { EventDetails } from "../api/wire.ts";
import { formatAmount } from "../page/format.ts";
import { CHECK_MARK, CROSS_MARK, categoryShape } from "./seat-shapes.ts";
import "./legend.css";

export function Legend({ event }: { event: EventDetails }) {
  return (
    <div className="legend">
      <ul className="legend-list" aria-label="Prices">
        {event.categories.map((category, index) => (
          <li key={category.id}>
            <Mark className="mark-free" path={categoryShape(index)} fill={category.color} />
            <span>{category.name}</span>
            <strong>{formatAmount(category.price, event.currency)}</strong>
          </li>
        ))}
      </ul>
      <ul className="legend-list legend-states" aria-label="Marks on the map">
        <li>
          <Mark className="mark-mine" path={categoryShape(0)} over={CHECK_MARK} />
          yours
        </li>
        <li>
          <Mark className="mark-held" path={categoryShape(0)} />
          on hold
        </li>
        <li>
          <Mark className="mark-sold" path={CROSS_MARK} />
          sold
        </li>
      </ul>
    </div>
  );
}

function Mark(props: { className: string; path: string; over?: string; fill?: string }) {
  return (
    <svg viewBox="-.1 -.1 1.2 1.2" className={`mark ${props.className}`} aria-hidden="true">
      <path d={props.path} fill={props.fill} />
      {props.over === undefined ? null : <path d={props.over} className="mark-over" />}
    </svg>
  );
}
