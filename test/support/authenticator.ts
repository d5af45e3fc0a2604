// A passkey in software: real CBOR, COSE keys and ES256 signatures, and the liberty to lie in any part.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { BodyOf } from "#server/api/routes.ts";

const PRESENT = 0x01;
const VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const HAS_CREDENTIAL = 0x40;

/** What a forger changes; nothing of it for an honest authenticator. */
export interface Lies {
  type?: string;
  origin?: string;
  challenge?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  rpId?: string;
  isPresent?: boolean;
  isVerified?: boolean;
  counter?: number;
  userHandle?: string | null;
  /** Signs with another key than the registered one. */
  key?: KeyObject;
  /** A COSE key of a kind that was not asked for. */
  algorithm?: number;
}

export interface Authenticator {
  id: string;
  create(options: Record<string, unknown>, lies?: Lies): BodyOf<"createPasskey">;
  get(options: Record<string, unknown>, lies?: Lies): BodyOf<"signInWithPasskey">;
}

/** Synced ones always say 0; others count each use. */
export function createAuthenticator(given: { origin: string; synced?: boolean }): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rawId = randomBytes(32);
  const id = rawId.toString("base64url");
  const synced = given.synced === true;
  let uses = 0;
  let userHandle: string | null = null;
  const nextCounter = () => {
    uses += 1;
    return synced ? 0 : uses;
  };
  const flagsOf = (lies: Lies, more: number) =>
    (lies.isPresent === false ? 0 : PRESENT) |
    (lies.isVerified === false ? 0 : VERIFIED) |
    (synced ? BACKUP_ELIGIBLE | BACKED_UP : 0) |
    more;
  const credential = { id, rawId: id, type: "public-key", clientExtensionResults: {} } as const;

  return {
    id,
    create(options, lies = {}) {
      const { rp, user, challenge } = options as unknown as Creation;
      userHandle = user.id;
      const authData = Buffer.concat([
        head(lies.rpId ?? rp.id, flagsOf(lies, HAS_CREDENTIAL), lies.counter ?? nextCounter()),
        Buffer.alloc(16),
        uint16(rawId.length),
        rawId,
        coseKey(publicKey, lies.algorithm),
      ]);
      const attestation = cbor(
        new Map<string, Cbor>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", authData],
        ]),
      );
      return {
        ...credential,
        response: {
          clientDataJSON: clientData("webauthn.create", { ...given, challenge }, lies),
          attestationObject: attestation.toString("base64url"),
          transports: ["internal"],
        },
      };
    },
    get(options, lies = {}) {
      const { rpId, challenge } = options as unknown as Asking;
      const authData = head(lies.rpId ?? rpId, flagsOf(lies, 0), lies.counter ?? nextCounter());
      const clientDataJSON = clientData("webauthn.get", { ...given, challenge }, lies);
      const hash = sha256(Buffer.from(clientDataJSON, "base64url"));
      const signed = Buffer.concat([authData, hash]);
      return {
        ...credential,
        response: {
          clientDataJSON,
          authenticatorData: authData.toString("base64url"),
          signature: sign("sha256", signed, lies.key ?? privateKey).toString("base64url"),
          userHandle: lies.userHandle === undefined ? userHandle : lies.userHandle,
        },
      };
    },
  };
}

interface Creation {
  rp: { id: string };
  user: { id: string };
  challenge: string;
}

interface Asking {
  rpId: string;
  challenge: string;
}

function clientData(
  type: string,
  { origin, challenge }: { origin: string; challenge: string },
  lies: Lies,
): string {
  const data = {
    type: lies.type ?? type,
    challenge: lies.challenge ?? challenge,
    origin: lies.origin ?? origin,
    crossOrigin: lies.crossOrigin ?? false,
    ...(lies.topOrigin === undefined ? {} : { topOrigin: lies.topOrigin }),
  };
  return Buffer.from(JSON.stringify(data)).toString("base64url");
}

function head(rpId: string, flags: number, counter: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.from([flags]), count]);
}

/** kty EC2, alg ES256, crv P-256, x, y. */
function coseKey(publicKey: KeyObject, algorithm = -7): Buffer {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, algorithm],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]),
  );
}

type Cbor = number | string | Buffer | Map<string, Cbor> | Map<number, Cbor>;

function cbor(value: Cbor): Buffer {
  if (typeof value === "number") return value < 0 ? start(1, -1 - value) : start(0, value);
  if (typeof value === "string") return tagged(3, Buffer.from(value));
  if (Buffer.isBuffer(value)) return tagged(2, value);
  const members = [...value].flatMap(([key, member]) => [cbor(key), cbor(member)]);
  return Buffer.concat([start(5, value.size), ...members]);
}

function tagged(major: number, bytes: Buffer): Buffer {
  return Buffer.concat([start(major, bytes.length), bytes]);
}

function start(major: number, count: number): Buffer {
  const kind = major << 5;
  if (count < 24) return Buffer.from([kind | count]);
  if (count < 256) return Buffer.from([kind | 24, count]);
  return Buffer.concat([Buffer.from([kind | 25]), uint16(count)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
