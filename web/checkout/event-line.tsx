// Which event a purchase is for, in two lines.
import type { EventSummary } from "../api/wire.ts";
import { formatDay, formatHour, zoneWords } from "../page/format.ts";

export function EventLine({ event }: { event: EventSummary }) {
  return (
    <div className="event-line">
      <p className="event-line-name">
        {event.artist}: {event.name}
      </p>
      <p className="small">
        {event.venue} · {formatDay(event.startsAt, event.timeZone)},{" "}
        {formatHour(event.startsAt, event.timeZone)} {zoneWords(event.timeZone)}
      </p>
    </div>
  );
}
