-- +goose Up
-- The price lists by which a line was judged, as they were then: JSON, empty for what was booked before.
ALTER TABLE order_line ADD COLUMN price_trail text NOT NULL DEFAULT '';
