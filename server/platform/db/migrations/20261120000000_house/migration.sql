-- The house: both schemas, what their rows must satisfy, and who may write them.
CREATE SCHEMA IF NOT EXISTS "mirror";

CREATE SCHEMA IF NOT EXISTS "sale";

CREATE TABLE "sale"."event" (
    "deployment" SMALLINT NOT NULL,
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "artist" TEXT NOT NULL,
    "venue" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "doors_at" TIMESTAMPTZ(3) NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "currency" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'draft',
    "hold_ttl_ms" INTEGER NOT NULL,
    "seats_per_hold" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("deployment","id")
);

CREATE TABLE "sale"."category" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "id" SMALLINT NOT NULL,
    "name" TEXT NOT NULL,
    "color" TEXT NOT NULL,
    "price" DECIMAL(78,0) NOT NULL,

    CONSTRAINT "category_pkey" PRIMARY KEY ("deployment","event_id","id")
);

CREATE TABLE "sale"."seat" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "seat" BIGINT NOT NULL,
    "section" TEXT NOT NULL,
    "row" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "category_id" SMALLINT NOT NULL,
    "x" INTEGER NOT NULL,
    "y" INTEGER NOT NULL,
    "issue" SMALLINT NOT NULL DEFAULT 0,

    CONSTRAINT "seat_pkey" PRIMARY KEY ("deployment","event_id","seat")
);

CREATE TABLE "sale"."session" (
    "id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "user_agent" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."role" (
    "id" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "address" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "granted_by" TEXT NOT NULL,
    "granted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "role_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."claim" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "seat" BIGINT NOT NULL,
    "order_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "claim_pkey" PRIMARY KEY ("deployment","event_id","seat")
);

CREATE TABLE "sale"."order" (
    "id" TEXT NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "buyer" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "total" DECIMAL(78,0) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "paid_at" TIMESTAMPTZ(3),

    CONSTRAINT "order_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."order_line" (
    "order_id" TEXT NOT NULL,
    "seat" BIGINT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "class" SMALLINT NOT NULL,
    "unit_price" DECIMAL(78,0) NOT NULL,
    "label" TEXT NOT NULL,

    CONSTRAINT "order_line_pkey" PRIMARY KEY ("order_id","seat")
);

CREATE TABLE "sale"."payment" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "provider_ref" TEXT,
    "state" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "currency" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payment_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."ledger_entry" (
    "id" BIGSERIAL NOT NULL,
    "posting" UUID NOT NULL,
    "account" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "order_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."idempotency_key" (
    "owner" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "body_hash" TEXT NOT NULL,
    "response" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("owner","key")
);

CREATE TABLE "sale"."mint_line" (
    "id" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "order_id" TEXT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "owner" TEXT NOT NULL,
    "class" SMALLINT NOT NULL,
    "unit_price" DECIMAL(78,0) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "tx_id" BIGINT,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mint_line_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."chain_tx" (
    "id" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "chain_id" INTEGER NOT NULL,
    "signer" TEXT NOT NULL,
    "nonce" BIGINT NOT NULL,
    "intent" TEXT NOT NULL,
    "raw" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'signed',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "chain_tx_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."nonce_lane" (
    "chain_id" INTEGER NOT NULL,
    "signer" TEXT NOT NULL,
    "next_nonce" BIGINT NOT NULL,
    "holder" TEXT,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "leased_until" TIMESTAMPTZ(3),

    CONSTRAINT "nonce_lane_pkey" PRIMARY KEY ("chain_id","signer")
);

CREATE TABLE "sale"."scan" (
    "id" UUID NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "ticket_id" BIGINT,
    "gate" TEXT NOT NULL,
    "staff" TEXT NOT NULL,
    "decision" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "pass_hash" TEXT NOT NULL,
    "scanned_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scan_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sale"."admission" (
    "deployment" SMALLINT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "entry" SMALLINT NOT NULL,
    "scan_id" UUID NOT NULL,
    "gate" TEXT NOT NULL,
    "admitted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "admission_pkey" PRIMARY KEY ("deployment","ticket_id","entry")
);

CREATE TABLE "mirror"."cursor" (
    "deployment" SMALLINT NOT NULL,
    "chain_id" INTEGER NOT NULL,
    "address" TEXT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "final_number" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cursor_pkey" PRIMARY KEY ("deployment")
);

CREATE TABLE "mirror"."block" (
    "deployment" SMALLINT NOT NULL,
    "number" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "parent_hash" TEXT NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "block_pkey" PRIMARY KEY ("deployment","number")
);

CREATE TABLE "mirror"."event" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "organiser" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("deployment","event_id")
);

CREATE TABLE "mirror"."ticket" (
    "deployment" SMALLINT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "owner" TEXT NOT NULL,
    "class" SMALLINT,
    "face" DECIMAL(78,0),
    "nonce" INTEGER NOT NULL,
    "used" BOOLEAN NOT NULL,
    "void" BOOLEAN NOT NULL,
    "mint_tx" TEXT NOT NULL,
    "mint_block" BIGINT NOT NULL,
    "minted_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "ticket_pkey" PRIMARY KEY ("deployment","ticket_id")
);

CREATE TABLE "mirror"."transfer" (
    "deployment" SMALLINT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "log_index" INTEGER NOT NULL,
    "block_hash" TEXT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "sender" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,

    CONSTRAINT "transfer_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."ticket_undo" (
    "deployment" SMALLINT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "before" JSONB,

    CONSTRAINT "ticket_undo_pkey" PRIMARY KEY ("deployment","block_number","ticket_id")
);

CREATE UNIQUE INDEX "session_token_hash_key" ON "sale"."session"("token_hash");

CREATE INDEX "session_address_idx" ON "sale"."session"("address");

CREATE INDEX "role_address_idx" ON "sale"."role"("address");

CREATE INDEX "claim_order_id_idx" ON "sale"."claim"("order_id");

CREATE INDEX "order_buyer_created_at_id_idx" ON "sale"."order"("buyer", "created_at", "id");

CREATE INDEX "payment_order_id_idx" ON "sale"."payment"("order_id");

CREATE UNIQUE INDEX "payment_provider_provider_ref_key" ON "sale"."payment"("provider", "provider_ref");

CREATE INDEX "ledger_entry_posting_idx" ON "sale"."ledger_entry"("posting");

CREATE INDEX "ledger_entry_order_id_idx" ON "sale"."ledger_entry"("order_id");

CREATE INDEX "idempotency_key_created_at_idx" ON "sale"."idempotency_key"("created_at");

CREATE INDEX "mint_line_order_id_idx" ON "sale"."mint_line"("order_id");

CREATE UNIQUE INDEX "mint_line_deployment_ticket_id_key" ON "sale"."mint_line"("deployment", "ticket_id");

CREATE UNIQUE INDEX "chain_tx_hash_key" ON "sale"."chain_tx"("hash");

CREATE UNIQUE INDEX "chain_tx_chain_id_signer_nonce_hash_key" ON "sale"."chain_tx"("chain_id", "signer", "nonce", "hash");

CREATE INDEX "scan_deployment_ticket_id_idx" ON "sale"."scan"("deployment", "ticket_id");

CREATE UNIQUE INDEX "admission_scan_id_key" ON "sale"."admission"("scan_id");

CREATE INDEX "ticket_owner_deployment_ticket_id_idx" ON "mirror"."ticket"("owner", "deployment", "ticket_id");

CREATE INDEX "transfer_deployment_ticket_id_idx" ON "mirror"."transfer"("deployment", "ticket_id");

ALTER TABLE "sale"."category" ADD CONSTRAINT "category_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."seat" ADD CONSTRAINT "seat_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."seat" ADD CONSTRAINT "seat_deployment_event_id_category_id_fkey" FOREIGN KEY ("deployment", "event_id", "category_id") REFERENCES "sale"."category"("deployment", "event_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."order_line" ADD CONSTRAINT "order_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "sale"."order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."payment" ADD CONSTRAINT "payment_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "sale"."order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."mint_line" ADD CONSTRAINT "mint_line_tx_id_fkey" FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Addresses and hashes are lower-case hex, so that equality is equality.
ALTER TABLE "sale"."session" ADD CONSTRAINT "session_address_check" CHECK ("address" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."role" ADD CONSTRAINT "role_address_check" CHECK ("address" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."role" ADD CONSTRAINT "role_role_check" CHECK ("role" IN ('organiser', 'box-office', 'gate', 'artist'));
CREATE UNIQUE INDEX "role_deployment_event_id_address_role_key" ON "sale"."role" ("deployment", "event_id", "address", "role") WHERE "revoked_at" IS NULL;
ALTER TABLE "sale"."order" ADD CONSTRAINT "order_buyer_check" CHECK ("buyer" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."mint_line" ADD CONSTRAINT "mint_line_owner_check" CHECK ("owner" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."chain_tx" ADD CONSTRAINT "chain_tx_hash_check" CHECK ("hash" ~ '^0x[0-9a-f]{64}$');
ALTER TABLE "mirror"."ticket" ADD CONSTRAINT "ticket_owner_check" CHECK ("owner" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "mirror"."block" ADD CONSTRAINT "block_hash_check" CHECK ("hash" ~ '^0x[0-9a-f]{64}$');

-- Ids fit the fields that the ticket's id gives them on chain: event 23 bits, place 36, ticket 63.
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_id_check" CHECK ("id" BETWEEN 1 AND 8388607);
ALTER TABLE "sale"."seat" ADD CONSTRAINT "seat_seat_check" CHECK ("seat" BETWEEN 0 AND 68719476735);
ALTER TABLE "sale"."seat" ADD CONSTRAINT "seat_issue_check" CHECK ("issue" BETWEEN 0 AND 15);

-- States, spelled once here and once in server/domain; a test compares the two.
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_state_check" CHECK ("state" IN ('draft', 'published'));
ALTER TABLE "sale"."order" ADD CONSTRAINT "order_state_check" CHECK ("state" IN ('claimed', 'paid', 'fulfilled', 'attention', 'expired'));
ALTER TABLE "sale"."payment" ADD CONSTRAINT "payment_state_check" CHECK ("state" IN ('started', 'authorised', 'captured', 'voided', 'declined'));
ALTER TABLE "sale"."mint_line" ADD CONSTRAINT "mint_line_state_check" CHECK ("state" IN ('queued', 'sent', 'minted', 'attention'));
ALTER TABLE "sale"."chain_tx" ADD CONSTRAINT "chain_tx_state_check" CHECK ("state" IN ('signed', 'sent', 'included', 'reverted', 'replaced'));
ALTER TABLE "sale"."scan" ADD CONSTRAINT "scan_decision_check" CHECK ("decision" IN ('admit', 'refuse'));

-- Money is never negative where it is a price, and never zero where it is a booking.
ALTER TABLE "sale"."category" ADD CONSTRAINT "category_price_check" CHECK ("price" >= 0);
ALTER TABLE "sale"."payment" ADD CONSTRAINT "payment_amount_check" CHECK ("amount" >= 0);
ALTER TABLE "sale"."ledger_entry" ADD CONSTRAINT "ledger_entry_amount_check" CHECK ("amount" <> 0);

-- One live payment per order: a second tab joins the first one's payment instead of charging twice (I2).
CREATE UNIQUE INDEX "payment_order_id_live_key" ON "sale"."payment" ("order_id") WHERE "state" IN ('started', 'authorised', 'captured');

-- One unresolved transaction per nonce: two different intents can never share one.
CREATE UNIQUE INDEX "chain_tx_chain_id_signer_nonce_live_key" ON "sale"."chain_tx" ("chain_id", "signer", "nonce") WHERE "state" <> 'replaced';

-- What the worker claims, oldest first, and what the sweep looks for.
CREATE INDEX "mint_line_open_idx" ON "sale"."mint_line" ("deployment", "event_id", "id") WHERE "state" IN ('queued', 'sent');
CREATE INDEX "claim_expires_at_idx" ON "sale"."claim" ("expires_at");

-- I10: a posting that does not sum to zero per currency cannot be committed.
CREATE FUNCTION "sale"."ledger_posting_balances"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM "sale"."ledger_entry" WHERE "posting" = NEW."posting"
             GROUP BY "currency" HAVING sum("amount") <> 0) THEN
    RAISE EXCEPTION 'posting % does not sum to zero', NEW."posting"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_posting_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "ledger_entry_posting_balances" AFTER INSERT ON "sale"."ledger_entry"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "sale"."ledger_posting_balances"();

-- Two roles: the server writes `sale`, the indexer writes `mirror`, and neither can write the other's.
-- Roles belong to the whole cluster, so another database of ours may have made them already.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['stagedoor_server', 'stagedoor_indexer'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT %I TO CURRENT_USER', name);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA "sale" TO "stagedoor_server";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "sale" TO "stagedoor_server";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA "sale" TO "stagedoor_server";
REVOKE UPDATE, DELETE ON "sale"."ledger_entry", "sale"."admission", "sale"."scan" FROM "stagedoor_server";
GRANT USAGE ON SCHEMA "mirror" TO "stagedoor_server", "stagedoor_indexer";
GRANT SELECT ON ALL TABLES IN SCHEMA "mirror" TO "stagedoor_server";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "mirror" TO "stagedoor_indexer";
