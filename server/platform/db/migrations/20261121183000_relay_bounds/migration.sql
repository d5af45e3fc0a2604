-- How often an order was relayed: each time costs the minter's coin, whatever comes of it.
ALTER TABLE "sale"."voucher" ADD COLUMN "relay_sent" SMALLINT NOT NULL DEFAULT 0;
