// One event: its poster, its seat map, and the way to hold seats.
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import { OrganiserLink } from "../organiser/organiser-link.tsx";
import { EmptyScreen, FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { SeatPicker } from "./seat-picker.tsx";
import "./event-screen.css";

export function EventScreen(props: { eventId: string; link?: string }) {
  const { eventId } = props;
  const event = useLoaded(`event:${eventId}`, (signal) =>
    call("getEvent", { params: { eventId }, signal }),
  );
  if (event.data !== undefined) {
    if (event.data.state === "cancelled") {
      return (
        <EmptyScreen title={`${event.data.name} was cancelled`}>
          <p>Nothing more is sold. Whoever has tickets is paid back; there is nothing to do.</p>
        </EmptyScreen>
      );
    }
    return (
      <>
        <OrganiserLink eventId={event.data.id} />
        <SeatPicker
          event={event.data}
          {...(props.link === undefined ? {} : { link: props.link })}
        />
      </>
    );
  }
  if (event.failure !== undefined) {
    return <FailureScreen failure={event.failure} what="this event" onRetry={event.reload} />;
  }
  return <LoadingScreen what="the event" />;
}
