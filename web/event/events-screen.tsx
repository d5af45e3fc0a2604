// All events on sale, soonest first; a house with a single one shows it right away.
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventSummary } from "../api/wire.ts";
import { formatDay, formatHour, zoneWords } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { paths } from "../page/router.ts";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { EmptyScreen, FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { EventScreen } from "./event-screen.tsx";
import "./events-screen.css";

/** As many as one page of the API holds: more than any house of ours has on sale. */
const EVENTS_MAX = 200;

export function EventsScreen() {
  const list = useLoaded("events", (signal) =>
    call("listEvents", { query: { limit: EVENTS_MAX }, signal }),
  );
  const events = list.data?.events;
  if (events === undefined) {
    if (list.failure === undefined) return <LoadingScreen what="the events" />;
    return <FailureScreen failure={list.failure} what="the events" onRetry={list.reload} />;
  }
  const [first, second] = events;
  if (first === undefined) {
    return (
      <EmptyScreen title="The stage is empty">
        <p>No event is on sale right now. Come back soon; this is where the next one appears.</p>
      </EmptyScreen>
    );
  }
  if (second === undefined) return <EventScreen eventId={first.id} link={paths.event(first.id)} />;
  return (
    <div className="column">
      <ScreenHeading title="On sale" />
      <ul className="events">
        {events.map((event) => (
          <EventCard key={event.id} event={event} />
        ))}
      </ul>
    </div>
  );
}

function EventCard({ event }: { event: EventSummary }) {
  return (
    <li className="event-card">
      <p className="event-card-artist">{event.artist}</p>
      <h2>
        <Link to={paths.event(event.id)}>{event.name}</Link>
      </h2>
      <p>{event.venue}</p>
      <p>
        {formatDay(event.startsAt, event.timeZone)}, {formatHour(event.startsAt, event.timeZone)}{" "}
        {zoneWords(event.timeZone)}
      </p>
    </li>
  );
}
