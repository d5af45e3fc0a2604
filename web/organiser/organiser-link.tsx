// The way to an event's queue, for who organises that event.
import { Link } from "../page/link.tsx";
import { paths } from "../page/router.ts";
import { useSession } from "../session/session.tsx";

export function OrganiserLink({ eventId }: { eventId: string }) {
  const { session } = useSession();
  const isTheirs = session?.roles.some(
    (held) => held.role === "organiser" && held.eventId === eventId,
  );
  if (isTheirs !== true) return null;
  return (
    <p className="column">
      <Link to={paths.queue(eventId)}>Your event: tickets on their way</Link>
    </p>
  );
}
