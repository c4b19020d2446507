-- +goose Up
-- How long a company waits for asynchronous AS2 receipts, in hours; and how often AS2 messages of one source were refused in an hour, where no row is kept of each.
ALTER TABLE edi_patience ADD COLUMN receipt_hours bigint NOT NULL DEFAULT 4;
CREATE TABLE as2_refused (
  org_id text NOT NULL, hour bigint NOT NULL, addr text NOT NULL, times bigint NOT NULL, first_at bigint NOT NULL, last_at bigint NOT NULL, as2_from text NOT NULL, as2_to text NOT NULL, reason text NOT NULL, PRIMARY KEY (org_id, hour, addr)
);
CREATE INDEX as2_refused_hour ON as2_refused (hour);
