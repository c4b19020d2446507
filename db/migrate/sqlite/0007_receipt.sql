-- +goose Up
-- How long a company waits for asynchronous AS2 receipts, in hours; and how often AS2 messages of one source were refused in an hour, where no row is kept of each.
ALTER TABLE edi_patience ADD COLUMN receipt_hours INTEGER NOT NULL DEFAULT 4;
CREATE TABLE as2_refused (
  org_id TEXT NOT NULL, hour INTEGER NOT NULL, addr TEXT NOT NULL, times INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, as2_from TEXT NOT NULL, as2_to TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (org_id, hour, addr)
);
CREATE INDEX as2_refused_hour ON as2_refused (hour);
