-- +goose Up
-- Offers by state within their phase: the counts of both sides and the list of stale ones read every held or ended offer of a company before.
CREATE INDEX lead_offer_reseller_state ON lead_offer (reseller_id, phase, state, due, id);
CREATE INDEX lead_offer_supplier_state ON lead_offer (supplier_id, phase, state, due, id);
-- The counts of the owner's views read this one alone.
CREATE INDEX lead_count ON lead (org_id, state);
