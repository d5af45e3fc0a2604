-- What is to be told to the chain besides minting, publishing and refunds: each once, by its key.
CREATE TABLE "sale"."chain_job" (
    "id" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "event_id" INTEGER,
    "payload" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "tx_id" BIGINT,
    "tx_hash" TEXT,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT,
    "tries" SMALLINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chain_job_pkey" PRIMARY KEY ("id")
);

-- A job is one thing to be done: asked for twice, it is the same one.
CREATE UNIQUE INDEX "chain_job_deployment_kind_key_key" ON "sale"."chain_job" ("deployment", "kind", "key");
-- An event may be on chain without being sold here, so it need not be one of ours.
CREATE INDEX "chain_job_deployment_event_id_idx" ON "sale"."chain_job" ("deployment", "event_id", "id");
CREATE INDEX "chain_job_open_idx" ON "sale"."chain_job" ("kind", "deployment", "state", "id") WHERE "state" <> 'done';
CREATE INDEX "chain_job_tx_id_idx" ON "sale"."chain_job" ("tx_id") WHERE "tx_id" IS NOT NULL;

ALTER TABLE "sale"."chain_job" ADD CONSTRAINT "chain_job_tx_id_fkey" FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "sale"."chain_job" ADD CONSTRAINT "chain_job_kind_check" CHECK ("kind" IN ('check-in', 'royalties', 'escrow', 'anchor'));
ALTER TABLE "sale"."chain_job" ADD CONSTRAINT "chain_job_state_check" CHECK ("state" IN ('waiting', 'sent', 'included', 'done', 'attention'));

GRANT SELECT, INSERT, UPDATE ON "sale"."chain_job" TO "stagedoor_server";
GRANT USAGE ON SEQUENCE "sale"."chain_job_id_seq" TO "stagedoor_server";
