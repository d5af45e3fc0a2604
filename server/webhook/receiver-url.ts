// Accepts the address of a webhook's receiver, or says what is wrong with it.
import { isIP } from "node:net";
import { Refusal } from "../domain/failure.ts";
import { isPublicAddress } from "./public-address.ts";

const LENGTH_MAX = 500;
/** Names that resolvers answer from the machine or its own network. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|arpa)\.?$/;

/** `local` is for development alone: receivers on this machine, and without TLS. */
export function parseReceiverUrl(text: string, { local }: { local: boolean }): URL {
  const url = text.length <= LENGTH_MAX && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refusal(`This is no URL of at most ${LENGTH_MAX} characters.`);
  if (url.protocol !== "https:" && !(local && url.protocol === "http:")) {
    throw refusal("A receiver is reached by https.");
  }
  if (url.username !== "" || url.password !== "") {
    throw refusal("A receiver's URL holds no user name: requests carry a signature instead.");
  }
  url.hash = "";
  if (!local) requirePublicHost(url);
  return url;
}

/** The URL parser has turned every spelling of an IPv4 address into the usual one by now. */
function requirePublicHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) {
    if (!isPublicAddress(host)) throw refusal(`${host} is not on the internet.`);
  } else if (LOCAL_NAME.test(host) || !host.includes(".")) {
    throw refusal(`${host} is a name of a local network.`);
  }
}

function refusal(detail: string): Refusal {
  return new Refusal("webhook/url-refused", detail);
}
