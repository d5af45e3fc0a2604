-- Keeps the hash of a row's block as its bytes: as text it was a fourth of a history's row.
ALTER TABLE "mirror"."event" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "event_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."market" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "market_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."class_stock" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "class_stock_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."transfer" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "transfer_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."holder" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "holder_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."sale" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "sale_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."check_in" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "check_in_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."ticket_void" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "ticket_void_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."escrow" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "escrow_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."escrow_entry" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "escrow_entry_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."ticket" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "ticket_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."order_paid" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "order_paid_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."split_share" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "split_share_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."pot" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "pot_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."royalty" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "royalty_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."credit" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "credit_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."payout" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "payout_block_hash_check" CHECK (octet_length("block_hash") = 32);
ALTER TABLE "mirror"."role_member" ALTER COLUMN "block_hash" TYPE BYTEA USING decode(substr("block_hash", 3), 'hex'),
    ADD CONSTRAINT "role_member_block_hash_check" CHECK (octet_length("block_hash") = 32);
-- What a reorg would put back is written as the tables have it.
UPDATE "mirror"."undo" SET "before" = "before" || jsonb_build_object('block_hash', '\x' || substr("before"->>'block_hash', 3))
WHERE "before" ? 'block_hash';

-- A page of an event's sales is read from its end, without the others of the event.
DROP INDEX "mirror"."sale_deployment_event_id_idx";
CREATE INDEX "sale_event_position_idx" ON "mirror"."sale"("deployment", "event_id", "block_number", "log_index");

-- No question finds sales by who sold or bought, and a wallet's counts are in its row.
DROP INDEX "mirror"."sale_seller_idx";
DROP INDEX "mirror"."sale_buyer_idx";
