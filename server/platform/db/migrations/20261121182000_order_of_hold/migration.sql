-- Which hold an order was made of, so that one hold becomes one order.
ALTER TABLE "sale"."order" ADD COLUMN "hold_id" TEXT;
CREATE INDEX "order_hold_id_idx" ON "sale"."order" ("hold_id");
