-- The indexer reads addresses from words of the chain and refuses all others, in a twentieth of the time that
-- a look at every character takes here. What is left is what a wrong column or a cut text would break.
ALTER TABLE "mirror"."holder" DROP CONSTRAINT "holder_owner_check",
    ADD CONSTRAINT "holder_owner_check" CHECK (octet_length("owner") = 42) NOT VALID;
ALTER TABLE "mirror"."sale" DROP CONSTRAINT "sale_seller_check",
    ADD CONSTRAINT "sale_seller_check" CHECK (octet_length("seller") = 42) NOT VALID;
ALTER TABLE "mirror"."sale" DROP CONSTRAINT "sale_buyer_check",
    ADD CONSTRAINT "sale_buyer_check" CHECK (octet_length("buyer") = 42) NOT VALID;
ALTER TABLE "mirror"."ticket" DROP CONSTRAINT "ticket_owner_check",
    ADD CONSTRAINT "ticket_owner_check" CHECK (octet_length("owner") = 42) NOT VALID;
