-- +goose Up
-- A pause of the clocks of an accepted lead (paused: since when, 0 for none; paused_sum: what earlier pauses took, in microseconds), and the product families for which a partner is certified.
ALTER TABLE lead_offer ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lead_offer ADD COLUMN pause_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lead_offer ADD COLUMN pause_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN pause_comment TEXT NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN pause_org TEXT NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN pause_by TEXT NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN paused_sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lead_profile ADD COLUMN certificates TEXT NOT NULL DEFAULT '';
