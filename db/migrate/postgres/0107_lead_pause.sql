-- +goose Up
-- A pause of the clocks of an accepted lead (paused: since when, 0 for none; paused_sum: what earlier pauses took, in microseconds), and the product families for which a partner is certified.
ALTER TABLE lead_offer ADD COLUMN paused bigint NOT NULL DEFAULT 0;
ALTER TABLE lead_offer ADD COLUMN pause_until bigint NOT NULL DEFAULT 0;
ALTER TABLE lead_offer ADD COLUMN pause_reason text NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN pause_comment text NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN pause_org text NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN pause_by text NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN paused_sum bigint NOT NULL DEFAULT 0;
ALTER TABLE lead_profile ADD COLUMN certificates text NOT NULL DEFAULT '';
