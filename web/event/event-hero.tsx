// The poster of an event: who, where and when, in the venue's time.
import type { EventSummary } from "../api/wire.ts";
import { formatDay, formatHour, zoneWords } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { ScreenHeading } from "../page/screen-heading.tsx";
import "./event-hero.css";

export function EventHero(props: { event: EventSummary; link?: string; status?: string }) {
  const { event } = props;
  const hour = (time: string) => formatHour(time, event.timeZone);
  return (
    <div className="hero">
      <div className="hero-inner">
        <p className="hero-artist">{event.artist}</p>
        <ScreenHeading title={event.name} className="hero-name">
          {props.link === undefined ? event.name : <Link to={props.link}>{event.name}</Link>}
        </ScreenHeading>
        <dl className="hero-facts">
          <div>
            <dt>Where</dt>
            <dd>{event.venue}</dd>
          </div>
          <div>
            <dt>When</dt>
            <dd>
              <time dateTime={event.startsAt}>{formatDay(event.startsAt, event.timeZone)}</time>
            </dd>
          </div>
          <div>
            <dt>Times</dt>
            <dd>
              Doors {hour(event.doorsAt)}, show {hour(event.startsAt)},{" "}
              <span className="hero-zone">{zoneWords(event.timeZone)}</span>
            </dd>
          </div>
        </dl>
        {props.status === undefined ? null : <p className="hero-status">{props.status}</p>}
      </div>
    </div>
  );
}
