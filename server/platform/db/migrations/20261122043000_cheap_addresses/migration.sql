-- The same rule about addresses without a regular expression, which took longer than storing the row.
-- The rows that are there have passed it, so it need not be asked of them again under a lock.
ALTER TABLE "mirror"."holder" DROP CONSTRAINT "holder_owner_check",
    ADD CONSTRAINT "holder_owner_check" CHECK (length("owner") = 42 AND "owner" LIKE '0x%'
        AND ltrim(substr("owner", 3), '0123456789abcdef') = '') NOT VALID;
ALTER TABLE "mirror"."sale" DROP CONSTRAINT "sale_seller_check",
    ADD CONSTRAINT "sale_seller_check" CHECK (length("seller") = 42 AND "seller" LIKE '0x%'
        AND ltrim(substr("seller", 3), '0123456789abcdef') = '') NOT VALID;
ALTER TABLE "mirror"."sale" DROP CONSTRAINT "sale_buyer_check",
    ADD CONSTRAINT "sale_buyer_check" CHECK (length("buyer") = 42 AND "buyer" LIKE '0x%'
        AND ltrim(substr("buyer", 3), '0123456789abcdef') = '') NOT VALID;
ALTER TABLE "mirror"."ticket" DROP CONSTRAINT "ticket_owner_check",
    ADD CONSTRAINT "ticket_owner_check" CHECK (length("owner") = 42 AND "owner" LIKE '0x%'
        AND ltrim(substr("owner", 3), '0123456789abcdef') = '') NOT VALID;
