-- Who may do what: operators of the platform, the log of what was granted, sessions by device, passkeys.

-- An operator's row has no event; every other role belongs to one.
ALTER TABLE "sale"."role" ALTER COLUMN "deployment" DROP NOT NULL;
ALTER TABLE "sale"."role" ALTER COLUMN "event_id" DROP NOT NULL;
ALTER TABLE "sale"."role" DROP CONSTRAINT "role_role_check";
ALTER TABLE "sale"."role" ADD CONSTRAINT "role_role_check" CHECK ("role" IN ('organiser', 'box-office', 'gate', 'artist', 'operator'));
ALTER TABLE "sale"."role" ADD CONSTRAINT "role_event_check" CHECK (
  ("role" = 'operator') = ("event_id" IS NULL) AND ("event_id" IS NULL) = ("deployment" IS NULL)
);
CREATE UNIQUE INDEX "role_operator_key" ON "sale"."role" ("address") WHERE "role" = 'operator' AND "revoked_at" IS NULL;
-- What was granted stays on record; it can only be ended.
REVOKE UPDATE, DELETE ON "sale"."role" FROM "stagedoor_server";
GRANT UPDATE ("revoked_at") ON "sale"."role" TO "stagedoor_server";

-- I13: each row holds the hash of the row before it, and nobody who serves requests can change one.
CREATE TABLE "sale"."audit" (
    "id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "act" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "details" JSONB NOT NULL,
    "previous" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_subject_id_idx" ON "sale"."audit" ("subject", "id");
ALTER TABLE "sale"."audit" ADD CONSTRAINT "audit_hash_check" CHECK ("hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "sale"."audit" ADD CONSTRAINT "audit_previous_check" CHECK ("previous" ~ '^[0-9a-f]{64}$');
GRANT SELECT, INSERT ON "sale"."audit" TO "stagedoor_server";

-- A device's session: how it began, and when it was last seen, to the minute.
ALTER TABLE "sale"."session" ADD COLUMN "method" TEXT NOT NULL DEFAULT 'wallet';
ALTER TABLE "sale"."session" ADD COLUMN "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
ALTER TABLE "sale"."session" ADD CONSTRAINT "session_method_check" CHECK ("method" IN ('wallet', 'passkey'));

-- A key that a device or a password manager keeps for a wallet's account; only its public half is here.
CREATE TABLE "sale"."passkey" (
    "id" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "user_handle" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[],
    "backed_up" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "passkey_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "passkey_address_idx" ON "sale"."passkey" ("address");
ALTER TABLE "sale"."passkey" ADD CONSTRAINT "passkey_address_check" CHECK ("address" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."passkey" ADD CONSTRAINT "passkey_counter_check" CHECK ("counter" BETWEEN 0 AND 4294967295);
GRANT SELECT, INSERT, UPDATE, DELETE ON "sale"."passkey" TO "stagedoor_server";
