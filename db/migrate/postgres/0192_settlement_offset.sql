-- +goose Up
-- What was offset against a payment of a partner, whatever the claim.
CREATE INDEX fund_settlement_offset ON fund_settlement (owner_id, org_id, claim_id) WHERE kind = 'offset' AND reversed = 0;
