// One event: its poster, its seat map, and the way to hold seats.
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import { FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { SeatPicker } from "./seat-picker.tsx";
import "./event-screen.css";

export function EventScreen(props: { eventId: string; link?: string }) {
  const { eventId } = props;
  const event = useLoaded(`event:${eventId}`, (signal) =>
    call("getEvent", { params: { eventId }, signal }),
  );
  if (event.data !== undefined) {
    return (
      <SeatPicker event={event.data} {...(props.link === undefined ? {} : { link: props.link })} />
    );
  }
  if (event.failure !== undefined) {
    return <FailureScreen failure={event.failure} what="this event" onRetry={event.reload} />;
  }
  return <LoadingScreen what="the event" />;
}
