// Reminds a fan who stepped back to the map of the seats that are still theirs.
import type { MyHold } from "../checkout/my-hold.ts";
import { countOf, formatCountdown } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { Notice } from "../page/notice.tsx";
import { useTimeLeftMs } from "../page/use-time-left.ts";

export function HoldBanner({ hold }: { hold: MyHold }) {
  const leftMs = useTimeLeftMs(hold.expiresAt);
  if (leftMs === 0) return null;
  return (
    <Notice tone="info" title={`${countOf(hold.seats.length, "seat")} still held for you`}>
      <p>
        <span className="clock" role="timer">
          {formatCountdown(leftMs)}
        </span>{" "}
        left.
      </p>
      <Link to={hold.path} className="button button-quiet">
        Go on with these
      </Link>
    </Notice>
  );
}
