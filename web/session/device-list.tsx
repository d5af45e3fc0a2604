// Where this wallet is signed in, and the way to end it there.
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatMoment } from "../page/format.ts";
import { useAct } from "../page/use-act.ts";
import { AccountPart, AccountRow, ignoreGone, usePartNews } from "./account-part.tsx";

export function DeviceList() {
  const list = useLoaded("devices", (signal) => call("listSessions", { signal }));
  const news = usePartNews();
  const others = useAct(async () => {
    await call("endOtherSessions", {});
    news.say("Signed out everywhere else.");
    list.reload();
  });
  const devices = list.data?.sessions ?? [];

  async function end(sessionId: string, name: string): Promise<void> {
    await call("endSession", { params: { sessionId } }).catch(ignoreGone);
    news.say(`Signed out: ${name}.`);
    list.reload();
  }

  return (
    <AccountPart title="Signed-in devices" news={news} list={list}>
      <ul className="account-rows">
        {devices.map(({ id, device, current, method, lastSeenAt }) => (
          <AccountRow
            key={id}
            name={device}
            here={current}
            about={`${method === "passkey" ? "Passkey" : "Wallet"}, seen ${formatMoment(lastSeenAt)}`}
            {...(current
              ? {}
              : {
                  button: {
                    label: "Sign out",
                    name: `Sign out ${device}, seen ${formatMoment(lastSeenAt)}`,
                    act: () => end(id, device),
                  },
                })}
          />
        ))}
      </ul>
      {devices.length < 2 ? null : (
        <button
          type="button"
          className="button button-quiet"
          disabled={others.isBusy}
          onClick={others.start}
        >
          Sign out everywhere else
        </button>
      )}
      {others.failure === undefined ? null : <FailureNotice failure={others.failure} />}
    </AccountPart>
  );
}
