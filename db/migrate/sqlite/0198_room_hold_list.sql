-- +goose Up
-- The holds of a company are read in pages, the latest first.
CREATE INDEX room_hold_org ON room_hold (org_id, made, room_id);
