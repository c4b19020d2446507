-- +goose Up
-- The company that sent an interchange for the one whose address stands in it; empty: that company itself.
ALTER TABLE interchange ADD COLUMN delegate_id text NOT NULL DEFAULT '';
CREATE INDEX interchange_delegate ON interchange (delegate_id, received, id) WHERE delegate_id <> '';
